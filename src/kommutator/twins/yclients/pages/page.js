// The frame of all pages of a salon: which salon, which section, incoming calls, fresh data when something changed.
import { ask, byId, el, toast } from "./dom.js";
import { journalPieces } from "./journal.js";
import { callPieces, drawPopup, messagePieces } from "./lists.js";
import { marketPieces } from "./market.js";

// Addresses as in the real cabinet: /timetable/962302, /appstore/962302 and so on.
const SECTIONS = {
  timetable: ["Журнал", journalPieces],
  telephony: ["Звонки", callPieces],
  messages: ["Сообщения", messagePieces],
  appstore: ["Интеграции", marketPieces],
};
// Control paths refuse in English; what an administrator meets is said in Russian.
const REFUSALS = {
  "the time is taken or not worked": "Время занято или нерабочее",
  "the record is deleted": "Запись уже удалена",
};
const POPUP_SECONDS = 60;
const [, section = "timetable", company = ""] = /^\/([a-z]+)\/(\d+)/.exec(location.pathname) ?? [];
const closed = new Set();
let state = null;

// What sections may ask of the page.
const desk = {
  date: () => new URLSearchParams(location.search).get("date") ?? "",
  go(date) { history.pushState({}, "", `?date=${date}`); refresh(); },
  close() { byId("sheet").close(); },
  open(node, name) {
    const sheet = byId("sheet");
    sheet.setAttribute("aria-label", name);
    sheet.replaceChildren(node);
    if (!sheet.open) sheet.show();
    sheet.querySelector("select, input, button")?.focus();
  },
  async act(path, order) {
    const told = await ask(`/_twin/${path}`, order);
    if (told.error) toast(REFUSALS[told.error] ?? told.error);
    await refresh();
    return told;
  },
};

function drawFrame() {
  byId("salon").replaceChildren(...state.salons.map((one) => el("option", {
    value: one.id, selected: one.id === state.salon.id,
  }, one.title)));
  byId("tabs").replaceChildren(...Object.entries(SECTIONS).map(([name, [word]]) => el("a", {
    href: `/${name}/${state.salon.id}`, "aria-current": name === section ? "page" : null,
  }, word)));
  document.title = `${SECTIONS[section][0]} · ${state.salon.title} — имитация YCLIENTS`;
}

function drawPopups() {
  const fresh = state.popups.filter((row) => state.epoch - row.at < POPUP_SECONDS && !closed.has(row.id));
  byId("live").replaceChildren(...fresh.map((row) => drawPopup(row, () => { closed.add(row.id); drawPopups(); })));
}

async function refresh() {
  try {
    const told = await ask(`/_twin/desk?company=${company}&date=${desk.date()}`);
    if (told.error) throw new Error(told.error);
    state = told;
    byId("link").textContent = "на связи";
    byId("link").className = "dot ok";
  } catch (failure) {
    byId("link").textContent = `нет связи: ${failure.message}`;
    byId("link").className = "dot bad";
    return;
  }
  drawFrame();
  drawPopups();
  drawPieces(SECTIONS[section][1](state));
}

// A piece is drawn anew only when what it shows has changed: nobody's half-filled form is lost to news of other things.
function drawPieces(pieces) {
  const main = byId("main");
  pieces.forEach(({ shown, draw }, place) => {
    const [signature, old] = [JSON.stringify([section, state.salon.id, shown]), main.children[place]];
    if (old?.dataset.signature === signature) return;
    const node = draw(state, desk);
    node.dataset.signature = signature;
    if (old) old.replaceWith(node); else main.append(node);
  });
  while (main.children.length > pieces.length) main.lastChild.remove();
}

byId("salon").addEventListener("change", (event) => { location.href = `/${section}/${event.target.value}`; });
window.addEventListener("popstate", refresh);
window.addEventListener("keydown", (event) => { if (event.key === "Escape") desk.close(); });
await refresh();
if (state) setInterval(drawPopups, 5000);

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
let seen = -1;
for (;;) {
  try {
    seen = (await ask(`/_twin/changed?timeout=25&after=${seen}`)).number;
    await refresh();
    await pause(250); // a burst of changes is drawn a few times a second, not a hundred
  } catch {
    await refresh();
    await pause(1000);
    seen = -1;
  }
}
