// Rows of the lists. Text is always set as text.
import { el, handset, webAddress } from "./dom.js";

const clock = (epoch) => new Date(epoch * 1000).toLocaleString("ru", { dateStyle: "short", timeStyle: "short" });
const money = (sum) => `${Number(sum ?? 0).toLocaleString("ru")} ₽`;
const CALL_STATUSES = ["", "голосовая почта", "перезвонить", "нет на месте", "поговорили", "неверный номер", "не дозвонились", "занято"];

export function phone(value, desk, card) {
  return el("span", { class: "number" }, value, desk.canDial() ? el("button", {
    class: "dial", title: "Позвонить", "aria-label": `Позвонить на ${value}`,
    onclick: () => desk.dial(value, card),
  }, handset()) : null);
}

export function cardLink(kind, id, name, desk) {
  if (!kind || !id) return null;
  return el("a", {
    href: `#${kind}/${id}`, onclick: (event) => { event.preventDefault(); desk.open(kind, id); },
  }, name || `№ ${id}`);
}

export function drawStage(stage, desk) {
  const more = stage.count - stage.leads.length;
  return el("div", { class: "stage" },
    el("h3", { style: `border-color: ${stage.color}` }, stage.name, el("small", {}, ` ${stage.count}`)),
    ...stage.leads.map((lead) => el("article", { class: "lead" },
      cardLink("leads", lead.id, lead.name, desk),
      el("div", { class: "dim" }, lead.contact ?? "без контакта"),
      el("div", { class: "dim" }, `${money(lead.price)} · ${lead.responsible}`))),
    more > 0 ? el("p", { class: "dim" }, `и ещё ${more}`) : null);
}

export function drawPerson(row, desk) {
  return el("div", { class: "row" },
    el("span", { class: "grow" }, cardLink(row.kind, row.id, row.name, desk),
      el("div", { class: "dim" }, `Ответственный: ${row.responsible}`)),
    ...row.phones.map((number) => phone(number, desk, { kind: row.kind, id: row.id })));
}

export function player(link) {
  const address = webAddress(link);
  return address ? el("audio", { controls: true, preload: "none", src: address }) : null;
}

export function callWords(params) {
  const status = CALL_STATUSES[params.call_status] ?? "";
  return [status, params.call_result, `${params.duration ?? 0} с`].filter(Boolean).join(" · ");
}

export function drawCall(row, desk) {
  const incoming = row.type === "call_in";
  return el("div", { class: "row" },
    el("span", { title: incoming ? "Входящий" : "Исходящий" }, incoming ? "↙" : "↗"),
    el("span", { class: "dim" }, clock(row.at)),
    el("span", { class: "grow" }, row.params.phone, " ", cardLink(row.kind, row.entity_id, row.name, desk),
      el("div", { class: "dim" }, `${row.by} · ${callWords(row.params)}`)),
    player(row.params.link));
}

export function drawTask(row, desk) {
  const finish = () => desk.act("/_twin/act", {
    entity: "tasks", act: "edit", id: row.id, fields: { is_completed: true, result: { text: "Сделано" } },
  });
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, row.text), " ", cardLink(row.kind, row.entity_id, row.name, desk),
      el("div", { class: "dim" }, `${row.responsible} · до ${clock(row.till)}`)),
    row.done ? el("span", { class: "tag good" }, "выполнена") : el("button", { onclick: finish }, "Выполнить"));
}

export function drawTray(row, desk) {
  const act = (what) => () => desk.act("/_twin/tray", { uid: row.uid, act: what });
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, row.names.filter(Boolean).join(", ") || "Без имени"),
      el("div", { class: "dim" }, `${row.source_name} · ${clock(row.created_at)} · ${row.metadata.phone ?? ""} → ${row.metadata.from ?? ""}`)),
    player(row.metadata.link),
    el("button", { class: "primary", onclick: act("accept") }, "Принять"),
    el("button", { onclick: act("decline") }, "Отклонить"));
}

export function drawIntegration(row, desk) {
  const act = (path) => () => desk.act(path, { client_id: row.client_id });
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, row.name), " ",
      el("span", { class: `tag ${row.installed ? "good" : "plain"}` }, row.installed ? "установлена" : "не установлена"),
      row.widget ? el("span", { class: "tag plain" }, "виджет") : null,
      el("div", { class: "dim" }, row.client_id)),
    row.installed ? el("button", { onclick: act("/_twin/uninstall") }, "Отключить")
      : el("button", { class: "primary", onclick: act("/_twin/install") }, "Установить"));
}

export function drawHook(row) {
  const [word, tone] = row.disabled ? ["отключён", "bad"] : ["работает", "good"];
  return el("div", { class: "row" },
    el("span", { class: "grow" }, row.destination, el("div", { class: "dim" }, row.short ? "Digital Pipeline" : row.settings.join(", "))),
    el("span", { class: `tag ${tone}` }, word));
}

const OUTCOMES = {
  good: ["принят", "good"], bad: ["отказ", "bad"], waiting: ["ждёт", "wait"], lost: ["потерян", "bad"],
  disabled: ["не отправлен: отключён", "plain"], withdrawn: ["отозван", "plain"],
};

export function drawDelivery(row) {
  const [word, tone] = OUTCOMES[row.outcome] ?? [row.outcome, "plain"];
  return el("details", { class: "row" },
    el("summary", {}, `${clock(row.at)} · попытка ${row.attempt} · ${row.status ?? "—"} · ${row.ms} мс `,
      el("span", { class: `tag ${tone}` }, word)),
    el("code", { class: "body" }, decodeURIComponent(row.body.replaceAll("+", " ").replace(/%[0-9A-F]?$/, "")).replaceAll("&", "\n")));
}

export function drawPopup(row, desk) {
  return el("div", { class: "row" },
    el("span", { class: "dim" }, clock(row.at)),
    el("span", { class: "grow" }, row.phone, " ", cardLink(row.entity_type, row.entity_id, row.name, desk)),
    el("span", { class: "dim" }, row.users === null ? "всем" : `сотрудникам: ${row.users.length}`));
}
