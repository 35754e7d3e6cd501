// One card: fields, people, notes, calls with their records, tasks.
import { el } from "./dom.js";
import { callWords, cardLink, drawTask, phone, player } from "./lists.js";

const KINDS = { leads: "Сделка", contacts: "Контакт", companies: "Компания" };
const clock = (epoch) => new Date(epoch * 1000).toLocaleString("ru", { dateStyle: "short", timeStyle: "short" });

export function drawCard(card, desk, close) {
  if (card.error) {
    return el("div", { class: "sheet-body" }, el("p", {}, "Такой карточки нет."), el("button", { onclick: close }, "Закрыть"));
  }
  const here = { kind: card.kind, id: card.id };
  const numbers = card.phones.length ? card.phones : card.linked.contacts.flatMap((one) => one.phones);
  return el("div", { class: "sheet-body" },
    el("div", { class: "head" }, el("small", {}, `${KINDS[card.kind]} № ${card.id}`), el("button", { onclick: close, "aria-label": "Закрыть карточку" }, "✕")),
    el("h2", {}, card.name),
    card.status ? el("p", { class: "dim" }, `${card.pipeline} → ${card.status} · ${card.price ?? 0} ₽`) : null,
    el("p", { class: "dim" }, `Ответственный: ${card.responsible}`),
    el("p", { class: "phones" }, ...numbers.map((number) => phone(number, desk, here))),
    card.tags.length ? el("p", {}, ...card.tags.map((tag) => el("span", { class: "tag plain" }, tag))) : null,
    facts(card), links(card, desk), noteForm(card, desk),
    el("h3", {}, "Задачи"), ...card.tasks.map((task) => drawTask(task, desk)),
    card.tasks.length ? null : el("p", { class: "empty" }, "Задач нет."),
    el("h3", {}, "Лента"), ...card.notes.map(drawNote),
    card.notes.length ? null : el("p", { class: "empty" }, "Пока пусто."));
}

function facts(card) {
  const rows = card.fields.filter((field) => field.name);
  return rows.length ? el("dl", { class: "facts" },
    ...rows.flatMap((field) => [el("dt", {}, field.name), el("dd", {}, field.values.join(", "))])) : null;
}

function links(card, desk) {
  const rows = Object.entries(card.linked).flatMap(([kind, all]) => all.map((one) =>
    el("li", {}, `${KINDS[kind]}: `, cardLink(kind, one.id, one.name, desk))));
  return rows.length ? el("ul", { class: "links" }, ...rows) : null;
}

function noteForm(card, desk) {
  const field = el("input", { name: "text", placeholder: "Написать примечание", "aria-label": "Примечание", required: true });
  const write = (event) => {
    event.preventDefault();
    desk.act("/_twin/act", {
      entity: "notes", act: "create", on: { entity: card.kind, id: card.id },
      fields: { note_type: "common", params: { text: field.value } },
    });
  };
  return el("form", { class: "write", onsubmit: write }, field, el("button", { type: "submit" }, "Добавить"));
}

function drawNote(note) {
  const call = { call_in: "Входящий звонок", call_out: "Исходящий звонок" }[note.type];
  const words = call ? `${note.params.phone} · ${callWords(note.params)}` : note.params.text ?? note.type;
  return el("div", { class: "row" },
    el("span", { class: "grow" }, call ? el("strong", {}, `${call}: `) : null, words,
      el("div", { class: "dim" }, `${clock(note.at)} · ${note.by}`)),
    call ? player(note.params.link) : null);
}
