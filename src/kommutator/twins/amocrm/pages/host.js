// One widget in one card: `/widget-host/<client_id>?account=demo&user=<id>&kind=contacts&card=<id>`.
import { ask, byId, el, toast } from "./dom.js";
import { phone } from "./lists.js";
import { startWidget } from "./widgets.js";

const query = new URLSearchParams(location.search);
const client = location.pathname.split("/").pop();
const log = (text) => byId("log").append(`${text}\n`);
const link = (text, tone) => { byId("link").textContent = text; byId("link").className = `dot ${tone}`; };

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
  byId("settings").addEventListener("click", () => widget.step("settings", window.$(byId("column"))));
}

try {
  await start();
  link("виджет работает", "ok");
} catch (failure) {
  log(failure.message);
  link(`виджет не запустился: ${failure.message}`, "bad");
}
