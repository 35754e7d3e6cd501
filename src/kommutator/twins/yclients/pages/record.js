// One visit in the sheet: a new one, or what may be done with one that is there.
import { el } from "./dom.js";

const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
const STATES = [[2, "Подтвердил"], [1, "Пришёл"], [0, "Ожидание"], [-1, "Не пришёл"]];

const field = (label, input) => el("label", {}, label, input);
const close = (desk) => el("button", { type: "button", class: "close", "aria-label": "Закрыть", onclick: () => desk.close() }, "×");

const anyway = () => el("label", { class: "tick" }, el("input", { type: "checkbox", name: "anyway" }), " даже если время занято");

export function drawNew(state, person, time, desk) {
  return el("form", {
    class: "sheet-body",
    async onsubmit(event) {
      event.preventDefault();
      const { service, anyway: forced, time: at, comment, remind, ...client } = Object.fromEntries(new FormData(event.target));
      const told = await desk.act("act", {
        company: state.salon.id, act: "create", staff_id: person.id, services: [Number(service)],
        datetime: `${state.date} ${at}:00`, client, comment, anyway: Boolean(forced),
        sms_remain_hours: Number(remind) || 0,
      });
      if (!told.error) desk.close();
    },
  },
  close(desk), el("h2", {}, "Новая запись"), el("p", { class: "dim" }, `${person.name}, ${state.date}`),
  field("Время", el("input", { name: "time", type: "time", value: time, required: true })),
  field("Услуга", el("select", { name: "service", required: true }, ...person.services.map((one) => el("option",
    { value: one.id }, `${one.title} — ${one.minutes} мин, ${one.price} ₽`)))),
  field("Имя клиента", el("input", { name: "name", required: true, autocomplete: "off" })),
  field("Телефон", el("input", { name: "phone", type: "tel", required: true, autocomplete: "off" })),
  field("Напомнить за, часов", el("input", { name: "remind", type: "number", min: 0, max: 72, value: 0 })),
  field("Комментарий", el("input", { name: "comment", autocomplete: "off" })),
  anyway(), el("button", { class: "primary" }, "Записать"));
}

export function drawRecord(state, person, record, desk) {
  const staff = el("select", { name: "staff" }, ...state.staff.map((one) => el("option",
    { value: one.id, selected: one.id === person.id }, one.name)));
  const leave = async (order) => {
    const told = await desk.act("act", { company: state.salon.id, id: record.id, ...order });
    if (!told.error) desk.close();
  };
  return el("div", { class: "sheet-body" },
    close(desk), el("h2", {}, record.client.name || "Без имени"),
    el("p", {}, record.client.phone || "телефон не указан"),
    el("p", { class: "dim" }, `№ ${record.id} · ${record.services} · ${record.cost} ₽`),
    record.comment ? el("p", {}, record.comment) : null,
    el("h3", {}, "Клиент"),
    el("div", { class: "acts" }, ...STATES.map(([number, word]) => el("button", {
      type: "button", class: record.attendance === number ? "primary" : null,
      onclick: () => leave({ act: "attendance", attendance: number }),
    }, word))),
    el("h3", {}, "Перенести"),
    el("form", {
      class: "move",
      onsubmit(event) {
        event.preventDefault();
        const values = Object.fromEntries(new FormData(event.target));
        leave({
          act: "move", staff_id: Number(values.staff), datetime: `${values.date} ${values.time}:00`,
          anyway: Boolean(values.anyway),
        });
      },
    },
    field("Сотрудник", staff),
    field("Дата", el("input", { name: "date", type: "date", value: state.date, required: true })),
    field("Время", el("input", { name: "time", type: "time", value: clock(record.from), required: true })),
    anyway(), el("button", { class: "primary" }, "Перенести")),
    el("h3", {}, "Отменить"),
    el("button", { type: "button", class: "danger", onclick: () => leave({ act: "cancel" }) }, "Удалить запись"));
}
