// The day of a salon: a column per person, a row per quarter of an hour. Click a free cell to write somebody in;
// drag a visit to move it, or open it and choose.
import { el } from "./dom.js";
import { drawNew, drawRecord } from "./record.js";

const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
const ATTENDANCE = { 2: "confirmed", 1: "came", 0: "waiting", "-1": "missed" };

function shift(date, days) {
  const moved = new Date(`${date}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

function head(state, desk) {
  const day = new Date(`${state.date}T00:00:00Z`).toLocaleDateString("ru",
    { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  return el("div", { class: "head" },
    el("h2", {}, day, el("small", {}, ` · ${state.salon.timezone}, сейчас ${state.now.slice(11, 16)}`)),
    el("div", { class: "acts" },
      el("button", { "aria-label": "Предыдущий день", onclick: () => desk.go(shift(state.date, -1)) }, "←"),
      el("button", { onclick: () => desk.go(state.now.slice(0, 10)) }, "Сегодня"),
      el("button", { "aria-label": "Следующий день", onclick: () => desk.go(shift(state.date, 1)) }, "→")));
}

function free(person, from, state) {
  const inside = person.slots.some((slot) => slot.from <= from && from < slot.to);
  const taken = [...person.records, ...person.busy].some((one) => one.from < from + state.step && from < one.to);
  return inside ? !taken : null;
}

const row = (minutes, state) => Math.floor((minutes - state.from) / state.step) + 2;

function cell(person, column, from, state, desk) {
  const open = free(person, from, state);
  const place = `grid-column: ${column}; grid-row: ${row(from, state)}`;
  if (open === null) return el("div", { class: "off", style: place });
  if (!open) return el("div", { class: "free", style: place });
  return el("button", {
    class: "free", style: place, "aria-label": `Записать: ${person.name}, ${clock(from)}`,
    onclick: () => desk.open(drawNew(state, person, clock(from), desk), "Новая запись"),
    ondragover: (event) => event.preventDefault(),
    ondrop: (event) => {
      event.preventDefault();
      const id = Number(event.dataTransfer.getData("text/plain"));
      desk.act("act", { company: state.salon.id, act: "move", id, staff_id: person.id, datetime: `${state.date} ${clock(from)}:00` });
    },
  });
}

// Visits written over one another stand side by side: id → [place, of how many].
function lanes(records) {
  const found = new Map();
  let [cluster, till] = [[], 0];
  for (const one of [...records].sort((a, b) => a.from - b.from || a.id - b.id)) {
    if (one.from >= till) cluster = [];
    const ends = cluster.map((other) => other.to);
    const place = ends.findIndex((end) => end <= one.from);
    const lane = place < 0 ? cluster.length : place;
    cluster[lane] = one;
    till = Math.max(till, one.to);
    found.set(one.id, { lane, cluster });
  }
  return new Map([...found].map(([id, { lane, cluster: all }]) => [id, [lane, all.length]]));
}

function block(person, column, record, [lane, lanesHere], state, desk) {
  const last = Math.max(row(record.from, state) + 1, Math.ceil((record.to - state.from) / state.step) + 2);
  return el("button", {
    class: `visit ${ATTENDANCE[record.attendance]} ${record.to - record.from <= 2 * state.step ? "short" : ""}`,
    draggable: "true",
    style: `grid-column: ${column}; grid-row: ${row(record.from, state)} / ${last}; `
      + `margin-left: calc(${(lane / lanesHere) * 100}% + 3px); width: calc(${100 / lanesHere}% - 6px)`,
    "aria-label": `${clock(record.from)}, ${record.client.name}, ${record.services}`,
    ondragstart: (event) => event.dataTransfer.setData("text/plain", String(record.id)),
    onclick: () => desk.open(drawRecord(state, person, record, desk), "Запись"),
  },
  el("b", {}, `${clock(record.from)}–${clock(record.to)}`), el("span", {}, record.client.name),
  el("small", {}, record.services));
}

function busy(column, one, state) {
  const last = Math.ceil((one.to - state.from) / state.step) + 2;
  return el("div", { class: "busy", style: `grid-column: ${column}; grid-row: ${row(one.from, state)} / ${last}` }, one.title);
}

function drawJournal(state, desk) {
  const times = [];
  for (let at = state.from; at < state.to; at += state.step) times.push(at);
  const grid = el("div", {
    class: "journal", role: "group", "aria-label": "Журнал дня",
    style: `grid-template-columns: 3.4rem repeat(${state.staff.length}, minmax(8.5rem, 1fr)); `
      + `grid-template-rows: auto repeat(${times.length}, 1.35rem)`,
  }, el("div", { class: "corner" }));
  state.staff.forEach((person, place) => {
    const column = place + 2;
    grid.append(el("div", { class: "name", style: `grid-column: ${column}; grid-row: 1` },
      el("b", {}, person.name), el("small", {}, person.specialization)));
    grid.append(...times.map((at) => cell(person, column, at, state, desk)));
    grid.append(...person.busy.map((one) => busy(column, one, state)));
    const places = lanes(person.records);
    grid.append(...person.records.map((record) => block(person, column, record, places.get(record.id), state, desk)));
  });
  grid.append(...times.filter((at) => at % 60 === 0).map((at) => el("div",
    { class: "hour", style: `grid-column: 1; grid-row: ${row(at, state)} / span ${60 / state.step}` }, clock(at))));
  return el("section", { class: "card wide" }, head(state, desk),
    state.staff.length ? el("div", { class: "scroll" }, grid) : el("p", { class: "empty" }, "В филиале нет сотрудников."));
}

export const journalPieces = (state) => [{
  shown: [state.date, state.now.slice(0, 16), state.from, state.to, state.staff], draw: drawJournal,
}];
