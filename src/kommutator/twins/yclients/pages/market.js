// The card of an application: consent, how each salon stands, freeze, uninstall, pay; what left for the partner.
import { el } from "./dom.js";

const WORDS = {
  uninstalled: ["не подключено", "plain"], pending: ["ждёт подтверждения приложения", "wait"],
  active: ["подключено", "good"], freezed: ["заморожено", "bad"],
};

function drawState(one, app, desk) {
  const [word, tone] = WORDS[one.status];
  const press = (act, text) => el("button", {
    onclick: () => desk.act("market", { application_id: app.id, salon_id: one.salon_id, act }),
    "aria-label": `${text}: ${one.title}`,
  }, text);
  const installed = one.status === "active" || one.status === "freezed";
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("b", {}, one.title),
      el("div", { class: "dim" }, [...one.channels, ...one.paid ? [`оплачено до ${one.paid}`] : []].join(" · "))),
    el("span", { class: `tag ${tone}` }, word),
    el("div", { class: "acts" },
      one.status === "active" ? press("freeze", "Заморозить") : null,
      installed ? press("pay", "Оплатить") : null,
      installed ? press("uninstall", "Отключить") : null));
}

function consent(app, state) {
  const open = app.salons.filter((one) => one.status === "uninstalled" || one.status === "pending");
  if (!open.length) return el("p", { class: "dim" }, "Приложение подключено во всех филиалах.");
  const form = el("form", {
    class: "consent", method: "post", action: `/appstore/${state.salon.id}/${app.id}/connect`, "aria-label": "Согласие",
    hidden: true,
  },
  el("h3", {}, "Приложение получит доступ"),
  el("ul", {}, ...app.rights.map((one) => el("li", {}, one))),
  el("h3", {}, app.multi_branch ? "Филиалы" : "Филиал"),
  ...open.map((one) => el("label", {}, el("input", {
    type: app.multi_branch ? "checkbox" : "radio", name: "salon_ids", value: one.salon_id,
    checked: one.salon_id === state.salon.id,
  }), ` ${one.title}`)),
  el("label", {}, "Вы вошли как ", el("select", { name: "user_id" }, ...state.users.map((user) => el("option",
    { value: user.id }, user.name)))),
  el("button", { class: "primary" }, "Разрешить и подключить"));
  const button = el("button", { class: "primary", onclick: () => { form.hidden = false; button.hidden = true; } }, "Подключить");
  return el("div", {}, button, form);
}

function drawApp(app, state) {
  return el("section", { class: "card wide", "aria-label": app.title },
    el("div", { class: "head" }, el("h2", {}, app.title),
      el("a", { href: `/appstore/${state.salon.id}/${app.id}/cabinet` }, "Открыть внутри кабинета")),
    el("p", {}, app.description), consent(app, state));
}

function drawStates(app, state, desk) {
  return el("section", { class: "card wide", "aria-label": `${app.title}: филиалы` }, el("h2", {}, "Состояние в филиалах"),
    el("div", { class: "rows" }, ...app.salons.map((one) => drawState(one, app, desk))));
}

function drawLetter(row) {
  return el("details", { class: "row" },
    el("summary", {}, row.kind === "hook" ? `${row.body.resource}.${row.body.status} ` : `${row.body.event} `,
      el("span", { class: `tag ${row.outcome === "good" ? "good" : "bad"}` }, row.status === null ? row.outcome : `${row.outcome} ${row.status}`)),
    el("div", { class: "dim" }, row.url), el("code", { class: "body" }, JSON.stringify(row.body, null, 1)));
}

function drawLetters(state) {
  return el("section", { class: "card wide", "aria-label": "Отправлено приложению" }, el("h2", {}, "Отправлено приложению"),
    el("div", { class: "rows" }, ...(state.letters.length ? state.letters.map(drawLetter)
      : [el("p", { class: "empty" }, "Ещё ничего.")])));
}

export const marketPieces = (state) => [
  ...state.applications.flatMap((app) => [
    {
      shown: [app.title, app.description, app.rights, app.multi_branch, state.users, app.salons.map((one) => one.status)],
      draw: (now) => drawApp(app, now),
    },
    { shown: app.salons, draw: (now, desk) => drawStates(app, now, desk) },
  ]),
  { shown: state.letters, draw: drawLetters },
];
