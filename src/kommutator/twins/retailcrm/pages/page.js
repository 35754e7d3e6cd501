// What an employee of the shop sees: pop-ups, calls, clients, tasks. Redrawn whenever the twin says that something changed.
import { ask, byId, el, fill, handset, toast, webAddress } from "./dom.js";

const account = /^\/a\/([^/]+)/.exec(location.pathname)?.[1] ?? "demo";
const memory = `twin-me-${account}`;
const STATUSES = { free: "свободен", busy: "занят", dinner: "обед", break: "перерыв" };
const RESULTS = {
  answered: ["отвечен", "good"], "no answer": ["пропущен", "bad"], busy: ["занято", "wait"],
  failed: ["не удался", "bad"], "not allowed": ["запрещён", "bad"], unknown: ["неизвестно", "wait"],
};
const HANGUPS = {
  answered: "разговор состоялся", busy: "занято", cancel: "отменён", failed: "не удался",
  "no answered": "не ответили",
};
const ORDER_STATUSES = {
  new: "новый", "availability-confirmed": "наличие подтверждено", assembling: "комплектуется",
  delivering: "доставляется", complete: "выполнен", "no-call": "недозвон",
  "cancel-other": "отменён",
};
let state = null;

const me = () => state.users.find((user) => String(user.id) === byId("me").value);
const nameOf = (id) => {
  const user = state.users.find((one) => one.id === id);
  return user ? `${user.lastName} ${user.firstName}` : "—";
};
const clock = (epoch) => new Date(epoch * 1000).toLocaleTimeString("ru");
const yesNo = (flag) => (flag ? "Да" : "Нет");
const telephony = (module) => module.integrations?.telephony;
const canDial = () => Boolean(me()?.code)
  && state.modules.some((m) => m.active && !m.freeze && telephony(m)?.makeCallUrl);

function number(phone, site, canCall) {
  const icon = canCall ? el("button", {
    class: "dial", title: "Позвонить", "aria-label": `Позвонить на ${phone}`,
    onclick: () => dial(phone, site),
  }, handset()) : null;
  return el("span", { class: "number" }, phone, icon);
}

async function dial(phone, site) {
  const report = await ask("/_twin/click", { account, userId: me().id, phone, site });
  const status = report.answer?.status;
  if (report.error) toast(`Звонок не начался: ${report.error}`);
  else if (status >= 400) toast(`Модуль телефонии ответил ошибкой ${status}`);
  else toast(`Звоним на ${phone}: поднимите трубку ${me().code}`);
}

function drawModule(module) {
  const part = telephony(module);
  const logo = webAddress(module.logo);
  const target = webAddress(module.accountUrl);
  const open = target ? el("form", { method: "post", action: target, target: "_blank" },
    el("input", { type: "hidden", name: "clientId", value: module.clientId ?? "" }),
    el("button", { class: "primary", type: "submit" }, "Перейти в личный кабинет")) : null;
  const toggle = el("button", {
    onclick: async () => {
      const order = { account, module: module.code, active: !module.active };
      const report = await ask("/_twin/activity", order);
      const failed = report.error ?? (report.answer?.status >= 400 ? report.answer.status : null);
      toast(failed ? `Модуль не узнал об этом: ${failed}` : "Модуль извещён");
      refresh();
    },
  }, module.active ? "Отключить" : "Включить");
  const state_ = module.freeze ? ["заморожен", "wait"]
    : module.active ? ["активен", "good"] : ["отключён", "bad"];
  const facts = part ? el("dl", { class: "facts" },
    el("dt", {}, "Звонок из CRM (makeCallUrl)"), el("dd", {}, part.makeCallUrl || "Нет"),
    el("dt", {}, "Смена статуса"), el("dd", {}, part.changeUserStatusUrl || "Нет"),
    el("dt", {}, "Входящие / исходящие / завершение"),
    el("dd", {}, [part.inputEventSupported, part.outputEventSupported, part.hangupEventSupported]
      .map(yesNo).join(" / ")),
    el("dt", {}, "Внутренние коды"),
    el("dd", {}, part.additionalCodes.map((c) => `${nameOf(c.userId)} — ${c.code}`).join(", ") || "Нет"),
    el("dt", {}, "Номера магазинов"),
    el("dd", {}, part.externalPhones.map((p) => `${p.siteCode} — ${p.externalPhone}`).join(", ") || "Нет"),
  ) : el("p", { class: "dim" }, "Телефония в модуле не настроена");
  return el("div", { class: "module" },
    logo ? el("img", { src: logo, alt: "" }) : null,
    el("div", { class: "body" },
      el("strong", {}, module.name ?? module.code), " ",
      el("span", { class: `tag ${state_[1]}` }, state_[0]), " ",
      el("small", {}, module.code), facts, el("div", { class: "acts" }, open, toggle)));
}

function drawCall(call) {
  const [word, tone] = RESULTS[call.result] ?? [call.result, "plain"];
  const record = webAddress(call.recordUrl);
  return el("div", { class: "row" },
    el("span", { title: call.type === "in" ? "Входящий" : "Исходящий" }, call.type === "in" ? "↙" : "↗"),
    el("span", { class: "dim" }, call.date),
    el("span", { class: "grow" }, number(call.phone, call.site, call.canCall), " ",
      call.customerName ?? "неизвестный номер",
      el("div", { class: "dim" }, `${call.userName ?? "без сотрудника"}${call.code ? `, ${call.code}` : ""}`)),
    el("span", { class: `tag ${tone}` }, word),
    el("span", { class: "dim" }, `${call.duration ?? 0} с`),
    record ? el("audio", { controls: true, preload: "none", src: record }) : null);
}

function drawCustomer(customer) {
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, [customer.lastName, customer.firstName].filter(Boolean).join(" ")),
      el("div", { class: "dim" }, `Ответственный: ${customer.managerId ? nameOf(customer.managerId) : "нет"}`)),
    ...customer.phones.map((phone) => number(phone.number, customer.site, customer.canCall)));
}

function drawOrder(order) {
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, `№ ${order.number}`), ` · ${order.totalSumm} ₽`,
      el("div", { class: "dim" }, [order.lastName, order.firstName].filter(Boolean).join(" "))),
    el("span", { class: "tag plain" }, ORDER_STATUSES[order.status] ?? order.status),
    order.phone ? number(order.phone, order.site, order.canCall) : null);
}

function drawTask(task) {
  return el("div", { class: "row" },
    el("span", { class: "grow" }, el("strong", {}, task.text),
      el("div", { class: "dim" }, [task.commentary, nameOf(task.performer), task.datetime].filter(Boolean).join(" · "))),
    task.phone ? number(task.phone, task.phoneSite, task.canCall) : null,
    el("span", { class: `tag ${task.complete ? "good" : "wait"}` }, task.complete ? "выполнена" : "открыта"));
}

function drawUser(user) {
  const select = el("select", {
    "aria-label": `Статус: ${user.lastName}`,
    onchange: async (event) => {
      const status = event.target.value;
      const report = await ask("/_twin/status", { account, userId: user.id, status });
      toast(report.error ? `Статус сменён, модуль не извещён: ${report.error}` : "Модуль извещён о статусе");
      refresh();
    },
  }, ...Object.entries(STATUSES).map(([code, word]) =>
    el("option", { value: code, selected: code === user.status }, word)));
  return el("div", { class: "row" },
    el("span", { class: "grow" }, `${user.lastName} ${user.firstName}`, el("small", {}, ` id ${user.id}`)),
    user.code ? el("span", { class: "tag good" }, `код ${user.code}`) : el("span", { class: "tag plain" }, "без кода"),
    select);
}

const caller = (popup) => popup.customerName ?? "Новый клиент";

function drawPopup(popup) {
  return el("div", { class: "row" },
    el("span", { class: "dim" }, clock(popup.shownAt)),
    el("span", { class: "grow" }, `${popup.phone} · ${caller(popup)}`, el("div", { class: "dim" }, popup.userName)),
    popup.closedAt === null
      ? el("span", { class: "tag wait" }, popup.type === "in" ? "звонит" : "вызов")
      : el("span", { class: "tag plain" }, HANGUPS[popup.hangupStatus] ?? "завершён"));
}

function drawLive(popup) {
  return el("div", { class: `popup ${popup.type}` },
    el("div", { class: "dim" }, popup.type === "in" ? "Входящий звонок" : "Исходящий звонок"),
    el("div", { class: "number" }, popup.phone), el("div", {}, caller(popup)),
    popup.site ? el("small", {}, `Магазин: ${popup.site}`) : null);
}

function drawPeople() {
  const select = byId("me");
  const signature = state.users.map((user) => `${user.id}:${user.code}`).join();
  if (select.dataset.signature === signature) return;
  const chosen = select.value || localStorage.getItem(memory);
  select.replaceChildren(...state.users.map((user) => el("option", { value: user.id },
    `${user.lastName} ${user.firstName}${user.code ? ` (${user.code})` : ""}`)));
  if (state.users.some((user) => String(user.id) === chosen)) select.value = chosen;
  select.dataset.signature = signature;
}

function draw() {
  drawPeople();
  const canCall = canDial();
  const callable = (rows) => [...rows].reverse().map((row) => ({ ...row, canCall }));
  for (const name of ["calls", "customers", "orders", "tasks", "users", "popups"]) {
    byId(`n-${name}`).textContent = state[name].length || "";
  }
  const mine = state.popups.filter((popup) => popup.closedAt === null && popup.userId === me()?.id);
  fill("modules", state.modules, (m) => m.code, drawModule, "Ни один модуль ещё не подключён к этой CRM.");
  fill("calls", callable(state.calls), (c) => c.id, drawCall, "Звонков пока не было.");
  fill("customers", callable(state.customers), (c) => c.id, drawCustomer, "Клиентов нет.");
  fill("orders", callable(state.orders), (o) => o.id, drawOrder, "Заказов нет.");
  fill("tasks", callable(state.tasks), (t) => t.id, drawTask, "Задач нет.");
  fill("users", state.users, (u) => u.id, drawUser, "Сотрудников нет.");
  fill("popups", [...state.popups].reverse().slice(0, 100), (p) => p.id, drawPopup, "Карточек ещё не было.");
  fill("live", mine, (p) => p.id, drawLive, "");
}

async function refresh() {
  const link = byId("link");
  try {
    const fresh = await ask(`/_twin/state?traffic=0&account=${encodeURIComponent(account)}`);
    if (fresh.error) throw new Error(fresh.error);
    state = fresh;
    draw();
    link.textContent = "на связи";
    link.className = "dot ok";
  } catch (failure) {
    link.textContent = `нет связи: ${failure.message}`;
    link.className = "dot bad";
  }
}

async function drawAccounts() {
  const { accounts } = await ask("/_twin/credentials");
  byId("accounts").replaceChildren(...accounts.map(({ name }) => el("a", {
    href: name === "demo" ? "/" : `/a/${name}/`, "aria-current": name === account ? "page" : null,
  }, name)));
}

byId("me").addEventListener("change", (event) => {
  localStorage.setItem(memory, event.target.value);
  draw();
});
await drawAccounts();
await refresh();

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
let seen = -1;
for (;;) {
  try {
    seen = (await ask(`/_twin/changed?timeout=25&after=${seen}`)).number;
    await refresh();
    await pause(150); // a burst of events is drawn a few times a second, not a hundred
  } catch {
    await refresh();
    await pause(1000);
    seen = -1;
  }
}
