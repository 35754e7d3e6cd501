// Who has a phone here: salons, their clients, and devices that wait to be linked.

import { attempt, avatar, byId, clock, el, fill, follow, look, order, spelt } from "./dom.js";

function drawPhone(person, room) {
  const online = person.devices.filter((device) => device.online).length;
  const state = person.devices.length
    ? el(
        "span",
        { class: `tag ${online ? "good" : "wait"}` },
        online ? "устройство на связи" : "устройство не на связи",
      )
    : null;
  return el(
    "div",
    { class: "row" },
    avatar(person.name),
    el("span", { class: "grow" }, el("strong", {}, person.name), el("small", {}, spelt(person.phone))),
    state,
    el("a", { class: "button", href: `/${room}/${person.phone}` }, "Открыть"),
  );
}

function drawPending(one) {
  return el(
    "div",
    { class: "row" },
    el(
      "span",
      { class: "grow" },
      el("strong", {}, one.title),
      el("small", {}, `код ${one.code} из ${one.codes}, до ${clock(one.expires_at)} · ${one.number}`),
    ),
    el(
      "span",
      { class: `tag ${one.shown ? "good" : "wait"}` },
      one.shown ? "код показан" : "код ещё не показан",
    ),
  );
}

function drawCode(one) {
  return el(
    "div",
    { class: "row" },
    el(
      "span",
      { class: "grow" },
      el("strong", {}, one.title),
      el("small", {}, `ждёт букв на телефоне ${spelt(one.phone)}`),
    ),
    el("a", { class: "button", href: `/salon/${one.phone}` }, "Ввести код"),
  );
}

const isSalon = (person) => person.devices.length > 0 || person.salon;

follow(async () => {
  const [{ people }, { pending, codes }] = await Promise.all([look("people"), look("pending")]);
  fill(
    "salons",
    people.filter(isSalon),
    (one) => one.phone,
    (one) => drawPhone(one, "salon"),
    "Пока ни одного: добавьте ниже",
  );
  fill(
    "people",
    people.filter((one) => !isSalon(one)),
    (one) => one.phone,
    (one) => drawPhone(one, "person"),
    "Пока никого",
  );
  fill("pending", pending, (one) => one.number, drawPending, "Никто не показывает QR-код");
  fill("codes", codes, (one) => one.phone, drawCode);
});

const open = (room) =>
  attempt(async (event) => {
    const { phone, name } = Object.fromEntries(new FormData(event.target));
    const person = await order("people", { phone, name: name || undefined, salon: room === "salon" });
    location.href = `/${room}/${person.phone}`;
  });
byId("new-salon").addEventListener("submit", open("salon"));
byId("new-person").addEventListener("submit", open("person"));
