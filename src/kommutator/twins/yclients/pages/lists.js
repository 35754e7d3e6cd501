// Calls, messages and the pop-up of an incoming call. Text is always set as text.
import { el, toast, webAddress } from "./dom.js";

const KINDS = { incoming: "входящий", outgoing: "исходящий", internal: "внутренний" };
const STATUSES = {
  success: "состоялся", missed: "пропущен", cancel: "отменён", busy: "занято",
  notallowed: "запрещён", notavailable: "недоступен", notfound: "не найден",
};

const section = (title, body) => el("section", { class: "card wide", "aria-label": title }, el("h2", {}, title), body);
const rows = (list, draw, emptyText) => el("div", { class: "rows" },
  ...(list.length ? list.map(draw) : [el("p", { class: "empty" }, emptyText)]));

export function drawPopup(row, close) {
  return el("article", { class: "popup" },
    el("div", { class: "dim" }, row.user ? `Звонок на ${row.user}` : `Звонок на линию ${row.diversion || "—"}`),
    el("div", { class: "number" }, row.phone),
    el("div", {}, row.client ? row.client.name : "Новый клиент"),
    row.client?.next ? el("small", {}, `Ближайший визит: ${row.client.next}`) : null,
    el("div", { class: "acts" }, el("button", { onclick: close }, "Закрыть")));
}

function drawCalls(state) {
  return section("Звонки", rows(state.calls, (call) => {
    const record = webAddress(call.record_link);
    return el("div", { class: "row" },
      el("span", { class: "grow" }, el("b", {}, call.client || call.caller_phone),
        el("div", { class: "dim" }, `${call.caller_phone} · ${call.call_date}${call.user ? ` · ${call.user}` : ""}`)),
      el("span", { class: `tag ${call.status === "success" ? "good" : "bad"}` },
        `${KINDS[call.type] ?? call.type} · ${STATUSES[call.status] ?? call.status}`),
      call.duration ? el("span", { class: "dim" }, `${call.duration} с`) : null,
      record ? el("audio", { controls: true, preload: "none", src: record }) : null);
  }, "Звонков ещё не было."));
}

// What an administrator copies into the telephony's settings.
function drawIntegration({ telephony, salons, salon }) {
  const routes = Object.entries(telephony.routes);
  const title = (id) => salons.find((one) => one.id === id)?.title ?? id;
  return section("Интеграция с телефонией", el("dl", { class: "facts" },
    el("dt", {}, "Сеть"), el("dd", {}, salon.chain || "филиал вне сети: телефония работает только в сетях"),
    el("dt", {}, "crm_token"), el("dd", {}, el("code", {}, telephony.crm_token)),
    el("dt", {}, "Состояние"), el("dd", {}, telephony.enabled ? "включена" : "выключена"),
    el("dt", {}, "Маршруты"), el("dd", {}, routes.length
      ? routes.map(([line, id]) => `${line} → ${title(id)}`).join(", ") : "все звонки в первый филиал сети")));
}

export const callPieces = (state) => [
  { shown: state.calls, draw: drawCalls },
  { shown: state.telephony, draw: drawIntegration },
];

const tone = (row) => {
  if (row.status === 1) return "good";
  return row.error_code !== null || [2, 16, 52].includes(row.status) || row.http === 0 ? "bad" : "wait";
};

function composer(state, desk) {
  if (!state.channels.length) return el("p", { class: "dim" }, "Ни одно подключённое приложение не умеет отправлять сообщения.");
  return el("form", {
    class: "write",
    async onsubmit(event) {
      event.preventDefault();
      const { phone, text, channel } = Object.fromEntries(new FormData(event.target));
      const told = await desk.act("message", { company: state.salon.id, phones: [phone], text, channel });
      if (!told.error) { event.target.reset(); toast("Отправлено оператору"); }
    },
  },
  el("input", { name: "phone", type: "tel", placeholder: "Телефон", "aria-label": "Телефон", required: true }),
  el("input", { name: "text", placeholder: "Текст", "aria-label": "Текст", required: true }),
  el("select", { name: "channel", "aria-label": "Канал" }, ...state.channels.map((one) => el("option", { value: one }, one))),
  el("button", { class: "primary" }, "Отправить"));
}

function drawMessages(state) {
  return section("Отправлено", rows(state.messages, (row) => el("div", { class: "row" },
    el("span", { class: "grow" }, el("b", {}, row.phone), el("div", {}, row.text),
      el("div", { class: "dim" }, `${row.at} · ${row.channel} · ${row.dispatch_type === "adds" ? "реклама" : "сервисное"}`
        + (row.error_message ? ` · ${row.error_message}` : ""))),
    el("span", { class: `tag ${tone(row)}` }, row.fate)), "Сообщений ещё не было."));
}

export const messagePieces = (state) => [
  { shown: state.channels, draw: (now, desk) => section("Сообщения через оператора", composer(now, desk)) },
  { shown: state.messages, draw: drawMessages },
];
