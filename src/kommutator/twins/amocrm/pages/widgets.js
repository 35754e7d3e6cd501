// The world a widget of amoCRM finds itself in: `define`, its own methods, `AMOCRM`/`APP`, `$authorizedAjax`.
// Only what widgets of telephony use; what is missing is told in the log instead of failing silently.
import { $ } from "./jquery.js";
import { ask } from "./dom.js";

const loaded = new Map([["jquery", $]]);
let defined = null;

window.define = (...parts) => {
  const factory = parts.pop();
  const needs = parts.find(Array.isArray) ?? [];
  defined = { factory, needs };
};
window.define.amd = {};
window.require = (needs, done) => Array.isArray(needs)
  ? Promise.all(needs.map((name) => module(name, "/"))).then((all) => done?.(...all))
  : loaded.get(needs);

function provided(name) {
  if (name === "underscore") return { bind: (act, self, ...given) => act.bind(self, ...given), ...underscore };
  if (name === "twigjs") return { twig: ({ data = "" }) => ({ render: (values) => fillIn(data, values) }) };
  if (name === "lib/components/base/modal") return Modal;
  return undefined;
}

const underscore = {
  each: (all, act) => Object.entries(all ?? {}).forEach(([key, one]) => act(one, key)),
  map: (all, make) => Object.values(all ?? {}).map(make),
  find: (all, test) => Object.values(all ?? {}).find(test),
  extend: Object.assign,
  isEmpty: (what) => Object.keys(what ?? {}).length === 0,
};

class Modal {
  constructor({ class_name: name = "", init = () => {}, destroy = () => {} } = {}) {
    this.box = $("<dialog class='modal'><div class='modal-body'></div></dialog>").addClass(name).appendTo("body");
    this.gone = destroy;
    this.box[0].show();
    init.call(this, this.box.find(".modal-body"));
  }
  destroy() { this.gone(); this.box.remove(); }
}

// `define` says nothing about its own name, so scripts are loaded one at a time.
let turn = Promise.resolve();
function load(url) {
  const mine = turn.then(() => new Promise((done, failed) => {
    defined = null;
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => done(defined);
    script.onerror = () => failed(new Error(`нет файла ${url}`));
    document.head.append(script);
  }));
  turn = mine.catch(() => null);
  return mine;
}

async function module(name, base) {
  if (loaded.has(name)) return loaded.get(name);
  const known = provided(name);
  if (known !== undefined) { loaded.set(name, known); return known; }
  const far = /^(https?:)?\/\//.test(name) || name.startsWith("/");
  const url = new URL(far ? name : name.replace(/^\.\//, ""), new URL(base, location.href));
  if (!/\.js$/.test(url.pathname)) url.pathname += ".js";
  if (loaded.has(url.href)) return loaded.get(url.href);
  const found = await load(url.href);
  const made = found ? await build(found, new URL(".", url).href) : undefined;
  loaded.set(url.href, made);
  return made;
}

async function build({ factory, needs }, base) {
  const parts = await Promise.all(needs.map((name) => module(name, base)));
  return typeof factory === "function" ? factory(...parts) : factory;
}

const fillIn = (text, values) => text.replace(/\{\{\s*([\w.]+)\s*\}\}/g,
  (_, path) => String(path.split(".").reduce((one, key) => one?.[key], values) ?? ""));
const dotted = (from, path) => path.split(".").reduce((one, key) => one?.[key], from);

function methods({ twin, account, user, area, client, log, column }) {
  const settings = { widget_code: twin.code, ...twin.settings };
  const actions = {};
  return {
    actions,
    langs: twin.langs,
    params: { ...settings, path: twin.path, widget_code: twin.code, status: "installed", widget_active: "Y" },
    system: () => ({
      area, amouser: user.email, amouser_id: user.id, subdomain: account.subdomain,
      domain: "amocrm.ru", server: location.origin,
    }),
    get_settings: () => settings,
    set_settings: (some) => Object.assign(settings, some),
    get_version: () => twin.version,
    get_install_status: () => "installed",
    set_status: (status) => log(`set_status: ${status}`),
    i18n: (path) => dotted(twin.langs, path) ?? "",
    add_action(kind, act) { actions[kind] = act; },
    add_source(kind, act) { actions[`source:${kind}`] = act; },
    widgetsOverlay: (on) => log(`widgetsOverlay: ${on}`),
    list_selected: () => ({ selected: [], summary: { count: 0, emails: 0, phones: 0, items: 0 } }),
    render: (what, values) => {
      if (what.data !== undefined) return fillIn(what.data, values);
      fetch(`${twin.path}${String(what.href).replace(/^\//, "")}`).then((answer) => answer.text())
        .then((text) => what.load?.({ render: (more) => fillIn(text, more) }));
      return "";
    },
    render_template({ caption, body = "", render = "" }, values = {}) {
      const box = $("<section class='widget'><div class='widget-body'></div></section>");
      box.addClass(caption?.class_name ?? "").find(".widget-body").html(fillIn(body + render, values));
      $(column).append(box);
      return box;
    },
    $authorizedAjax(order) {
      const answer = $.Deferred();
      disposable({ client, account, user }).then((token) => {
        const headers = { ...order.headers, "X-Auth-Token": token };
        $.ajax({ ...order, headers }).done(answer.resolve).fail(answer.reject);
      }, (failure) => { answer.reject({ status: 0 }, "error", failure.message); });
      return answer;
    },
    crm_post: (url, data, done, type, failed) => $.ajax({ url, method: "POST", data, dataType: type, success: done, error: failed }),
  };
}

async function disposable({ client, account, user }) {
  const told = await ask("/_twin/disposable", { account: account.name, client_id: client, user_id: user.id });
  if (told.error) throw new Error(told.error);
  return told.token;
}

// What a page of amoCRM offers to every widget on it.
function offerSystem({ account, user, users, card, notify }) {
  const constants = {
    account: { id: account.id, subdomain: account.subdomain, language: "ru" },
    user: { id: user.id, name: user.name, login: user.email },
    managers: Object.fromEntries(users.map((one) => [one.id, { id: one.id, title: one.name, login: one.email, active: true }])),
    groups: { group_0: "Отдел продаж" },
    card_id: card?.id, card_element: card?.type,
  };
  const system = {
    constant: (name) => constants[name],
    data: { is_card: Boolean(card), current_entity: card?.type, current_card: card },
    isCard: () => Boolean(card),
    getWidgetsArea: () => "everywhere",
    getBaseEntity: () => card?.type,
    click_event: "click", lang_id: "ru", cookie: {},
    addNotificationCallback: (code, act) => { (system.heard ??= {})[code] = act; },
    notifications: {
      show_message: ({ header, text }) => notify(`${header ?? ""}: ${text ?? ""}`),
      show_message_error: ({ header, text }) => notify(`Ошибка. ${header ?? ""}: ${text ?? ""}`),
      show_notification: ({ text }) => notify(typeof text === "object" ? `${text.header}: ${text.text}` : text),
      add_error: ({ header, text }) => notify(`Ошибка. ${header ?? ""}: ${text ?? ""}`),
      add_call: ({ from, to, text }) => notify(`Звонок ${from ?? ""} ${to ?? ""} ${text ?? ""}`),
    },
    sound: { play: () => {} },
    router: { navigate: (path) => { location.href = path; } },
    widgets: { list: {}, system: {} },
  };
  window.AMOCRM = system;
  window.APP = system;
  window.$ = $;
  window.jQuery = $;
}

// Loads a widget and lets it live as in a card; `actions.phone` of what comes back is its click-to-call.
export async function startWidget(place) {
  offerSystem(place);
  const { twin, log } = place;
  const Widget = await module(`${twin.path}script.js?v=${twin.version}`, "/");
  if (typeof Widget !== "function") throw new Error("script.js не определил виджет через define()");
  Object.assign(Widget.prototype, methods(place));
  const widget = new Widget();
  const callbacks = widget.callbacks ?? {};
  const step = (name, ...given) => {
    if (typeof callbacks[name] !== "function") { log(`${name}: нет`); return undefined; }
    const said = callbacks[name].call(widget, ...given);
    log(`${name}: ${said}`);
    return said;
  };
  if (place.area === "settings") step("settings", $(place.column));
  if (step("render") !== false) { step("init"); step("bind_actions"); }
  return { widget, actions: widget.actions, step };
}
