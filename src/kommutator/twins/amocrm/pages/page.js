// What a manager sees. Redrawn whenever the twin says that something changed; a card opens at its own address.
import { ask, byId, el, fill, toast } from "./dom.js";
import { drawCard } from "./card.js";
import {
  drawCall, drawDelivery, drawHook, drawIntegration, drawPerson, drawPopup, drawStage, drawTask, drawTray,
} from "./lists.js";
import { startWidget } from "./widgets.js";

const [, address = ""] = /^\/a\/([^/]+)/.exec(location.pathname) ?? [];
const base = address ? `/a/${address}` : "";
const TABS = {
  leads: "Сделки", unsorted: "Неразобранное", contacts: "Контакты", calls: "Звонки", tasks: "Задачи",
  settings: "Интеграции",
};
const POPUP_SECONDS = 60;
const closed = new Set();
const widgets = new Map();
let [state, tab, card] = [null, "leads", null];

const me = () => state.users.find((user) => String(user.id) === byId("me").value) ?? state.users[0];
const where = () => /\/(leads|contacts|companies)\/detail\/(\d+)/.exec(location.pathname);
const log = (text) => byId("log").append(`${text}\n`);

// What lists and cards may ask of the page.
const desk = {
  open(kind, id) { history.pushState({}, "", `${base}/${kind}/detail/${id}`); showCard(); },
  canDial: () => widgets.size > 0,
  async dial(value, card_) {
    for (const [name, { actions }] of widgets) {
      if (!actions.phone) continue;
      log(`${name}: нажат номер ${value}`);
      actions.phone({ value, code: "PHONE", type: "phone", entity: card_?.kind, element_id: card_?.id });
      return;
    }
    toast("Ни один установленный виджет не умеет звонить");
  },
  async act(path, order) {
    const told = await ask(path, { account: state.account.name, user_id: me().id, ...order });
    if (told.error) toast(told.error);
    await refresh();
    return told;
  },
};

async function showCard() {
  const [, kind, id] = where() ?? [];
  card = kind ? await ask(`/_twin/card?address=${address}&kind=${kind}&id=${id}`) : null;
  const sheet = byId("card");
  if (!card) { sheet.close(); return; }
  const signature = JSON.stringify(card) + desk.canDial();
  if (sheet.dataset.signature !== signature) sheet.replaceChildren(drawCard(card, desk, close));
  sheet.dataset.signature = signature;
  if (!sheet.open) sheet.show();
}

function close() { history.pushState({}, "", `${base}/`); showCard(); }

function drawPeople() {
  const select = byId("me");
  const signature = state.users.map((user) => user.id).join();
  if (select.dataset.signature === signature) return;
  const chosen = new URLSearchParams(location.search).get("user") ?? localStorage.getItem(`amo-me-${address}`);
  select.replaceChildren(...state.users.map((user) => el("option", { value: user.id },
    `${user.name}${user.is_admin ? " (администратор)" : ""}`)));
  if (state.users.some((user) => String(user.id) === chosen)) select.value = chosen;
  select.dataset.signature = signature;
}

function drawTabs() {
  byId("tabs").replaceChildren(...Object.entries(TABS).map(([name, word]) => el("button", {
    "aria-current": name === tab ? "page" : null, onclick: () => { tab = name; drawTabs(); },
  }, word, name === "unsorted" && state.unsorted.length ? ` ${state.unsorted.length}` : "")));
  for (const name of Object.keys(TABS)) byId(`tab-${name}`).hidden = name !== tab;
}

function drawBoard() {
  const select = byId("pipeline");
  if (select.options.length !== state.pipelines.length) {
    select.replaceChildren(...state.pipelines.map((one) => el("option", { value: one.id }, one.name)));
  }
  const chosen = state.pipelines.find((one) => String(one.id) === select.value) ?? state.pipelines[0];
  fill("board", chosen.statuses, (s) => s.id, (s) => drawStage(s, desk), "");
}

function draw() {
  drawPeople();
  drawTabs();
  drawBoard();
  const dial = desk.canDial();
  const rows = (all) => all.map((row) => ({ ...row, dial }));
  byId("n-contacts").textContent = state.contacts_total;
  fill("contacts", rows(state.contacts), (r) => r.id, (r) => drawPerson(r, desk), "Контактов нет.");
  fill("companies", rows(state.companies), (r) => r.id, (r) => drawPerson(r, desk), "Компаний нет.");
  fill("calls", state.calls, (r) => r.id, (r) => drawCall(r, desk), "Звонков пока не было.");
  fill("tasks", state.tasks, (r) => r.id, (r) => drawTask(r, desk), "Задач нет.");
  fill("unsorted", state.unsorted, (r) => r.uid, (r) => drawTray(r, desk), "Всё разобрано.");
  fill("integrations", state.integrations, (r) => r.client_id, (r) => drawIntegration(r, desk), "Нет ни одной.");
  fill("hooks", state.hooks, (r) => r.id, drawHook, "Никто не подписан.");
  fill("deliveries", state.deliveries, (r) => `${r.at}${r.request_id}${r.outcome}`, drawDelivery, "Ничего не отправлено.");
  fill("popups", [...state.popups].reverse(), (r) => r.uid, (r) => drawPopup(r, desk), "Карточек ещё не было.");
  const live = state.popups.filter((row) => !closed.has(row.uid) && row.at > state.now - POPUP_SECONDS
    && (row.users === null || row.users.includes(me().id)));
  fill("live", live, (r) => r.uid, drawLive, "");
}

function drawLive(row) {
  const shut = () => { closed.add(row.uid); draw(); };
  const known = row.entity_id !== null;
  return el("div", { class: "popup in" },
    el("div", { class: "dim" }, "Входящий звонок"),
    el("div", { class: "number" }, row.phone),
    el("div", {}, known ? row.name : "Неизвестный номер"),
    el("div", { class: "acts" },
      known ? el("button", { class: "primary", onclick: () => { shut(); desk.open(row.entity_type, row.entity_id); } }, "Открыть карточку")
        : el("button", { class: "primary", onclick: () => { shut(); addContact(row.phone); } }, "Создать контакт"),
      el("button", { onclick: shut }, "Закрыть")));
}

async function addContact(phone) {
  const fields = { name: phone, custom_fields_values: [{ field_code: "PHONE", values: [{ value: phone, enum_code: "WORK" }] }] };
  const made = await desk.act("/_twin/act", { entity: "contacts", act: "create", fields });
  if (made.id) desk.open("contacts", made.id);
}

async function refresh() {
  const link = byId("link");
  try {
    const fresh = await ask(`/_twin/desk?address=${encodeURIComponent(address)}`);
    if (fresh.error) throw new Error(fresh.error);
    state = fresh;
    draw();
    if (where()) await showCard();
    link.textContent = "на связи";
    link.className = "dot ok";
  } catch (failure) {
    link.textContent = `нет связи: ${failure.message}`;
    link.className = "dot bad";
  }
}

// A widget lives until the page is left, as in the real interface.
async function startWidgets() {
  for (const one of state.integrations) {
    if (!one.installed) widgets.delete(one.name);
    if (!one.installed || !one.widget || widgets.has(one.name)) continue;
    const twin = await ask(`/_twin/widget?client_id=${encodeURIComponent(one.client_id)}`);
    const [, kind, id] = where() ?? [];
    const place = {
      twin, client: one.client_id, account: state.account, user: me(), users: state.users, area: "ccard",
      card: kind ? { id: Number(id), type: kind } : null, column: document.body, notify: toast,
      log: (text) => log(`${one.name}: ${text}`),
    };
    try {
      widgets.set(one.name, await startWidget(place));
    } catch (failure) {
      log(`${one.name}: не запустился: ${failure.message}`);
    }
  }
}

async function drawAccounts() {
  const { accounts } = await ask("/_twin/oauth");
  byId("accounts").replaceChildren(...accounts.map(({ name, domain }) => el("a", {
    href: domain.includes("/") ? `/a/${domain.split("/").pop()}/` : "/",
    "aria-current": name === state.account.name ? "page" : null,
  }, name)));
}

byId("me").addEventListener("change", (event) => {
  localStorage.setItem(`amo-me-${address}`, event.target.value);
  location.reload(); // widgets belong to one user
});
byId("pipeline").addEventListener("change", drawBoard);
window.addEventListener("popstate", showCard);
await refresh();
await drawAccounts();
await startWidgets();
draw();
await showCard();

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
let seen = -1;
for (;;) {
  try {
    seen = (await ask(`/_twin/changed?timeout=25&after=${seen}`)).number;
    await refresh();
    await startWidgets();
    await pause(250); // a burst of changes is drawn a few times a second, not a hundred
  } catch {
    await refresh();
    await pause(1000);
    seen = -1;
  }
}
