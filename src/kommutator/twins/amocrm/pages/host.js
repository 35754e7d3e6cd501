// One widget in one card: `/widget-host/<client_id>?account=demo&user=<id>&kind=contacts&card=<id>`.
import { ask, byId, el, toast } from "./dom.js";
import { phone } from "./lists.js";
import { startWidget } from "./widgets.js";

const query = new URLSearchParams(location.search);
const client = location.pathname.split("/").pop();
const log = (text) => byId("log").append(`${text}\n`);
const link = (text, tone) => { byId("link").textContent = text; byId("link").className = `dot ${tone}`; };

// The fields of the manifest, named as the real window of settings names them.
function form(twin, users) {
  return Object.entries(twin.settings_form).map(([name, { type }]) => {
    const value = twin.settings[name];
    if (type === "users" || type === "users_lp") {
      const phones = users.map((user) => el("label", {}, user.name,
        el("input", { name: `${name}[${user.id}]`, value: value?.[user.id] ?? "" })));
      return el("fieldset", {}, el("legend", {}, name), ...phones);
    }
    const custom = type === "custom";
    const field = el("input", {
      name, value: value ?? "", id: custom ? `${twin.code}_custom` : null,
      type: custom ? "hidden" : type === "pass" ? "password" : "text",
    });
    return custom ? el("div", { id: `${twin.code}_custom_content` }, field) : el("label", {}, name, field);
  });
}

async function save(twin, widget) {
  const fields = {};
  for (const [name, value] of new FormData(byId("form"))) {
    const [, group, key] = /^(\w+)\[(\d+)\]$/.exec(name) ?? [null, name, null];
    if (key === null) fields[name] = value;
    else (fields[group] ??= {})[key] = value;
  }
  if (widget.step("onSave", { active: "Y", widget_code: twin.code, fields }) === false) return;
  Object.assign(twin, await ask("/_twin/widget", { client_id: client, settings: fields }));
  widget.widget.set_settings(fields);
  toast("Настройки сохранены");
}

async function start() {
  const account = query.get("account") ?? "demo";
  const twin = await ask(`/_twin/widget?client_id=${encodeURIComponent(client)}`);
  if (twin.error) throw new Error(twin.error);
  const desk = await ask(`/_twin/desk?account=${encodeURIComponent(account)}`);
  const kind = query.get("kind") ?? "contacts";
  const id = Number(query.get("card") ?? desk[kind === "companies" ? kind : "contacts"].at(-1).id);
  const shown = await ask(`/_twin/card?account=${encodeURIComponent(account)}&kind=${kind}&id=${id}`);
  if (shown.error) throw new Error(shown.error);
  byId("complaints").replaceChildren(...twin.complaints.map((text) => el("li", {}, text)));
  byId("title").textContent = shown.name;
  const place = {
    twin, client, log, account: desk.account, users: desk.users, notify: toast,
    user: desk.users.find((one) => String(one.id) === query.get("user")) ?? desk.users[0],
    area: query.get("area") ?? { leads: "lcard", contacts: "ccard", companies: "comcard" }[kind],
    card: { id, type: kind }, column: byId("column"),
  };
  const widget = await startWidget(place);
  const dialer = {
    canDial: () => Boolean(widget.actions.phone),
    dial: (value) => { log(`нажат номер ${value}`); widget.actions.phone({ value, code: "PHONE", type: "phone", entity: kind, element_id: id }); },
  };
  byId("phones").replaceChildren(...shown.phones.map((number) => phone(number, dialer)));
  byId("settings").disabled = false;
  byId("settings").addEventListener("click", () => {
    // The real window tells what the widget is for above its fields; widgets add their own lines there.
    const about = el("div", { class: "widget_settings_block__descr" }, twin.langs.widget?.description ?? "");
    byId("form").replaceChildren(about, ...form(twin, desk.users), el("button", { class: "primary", type: "submit" }, "Сохранить"));
    byId("form").hidden = false;
    widget.step("settings", window.$(byId("form")));
  });
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(twin, widget);
  });
}

try {
  await start();
  link("виджет работает", "ok");
} catch (failure) {
  log(failure.message);
  link(`виджет не запустился: ${failure.message}`, "bad");
}
