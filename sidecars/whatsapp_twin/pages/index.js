// Who has a phone here: salons, their clients, and devices that wait to be linked.

import { attempt, avatar, byId, caption, clock, el, fill, follow, look, order, row, spelt, tag } from "./dom.js";

function drawPhone(person, room) {
  const online = person.devices.filter((device) => device.online).length;
  const state = person.devices.length
    ? tag(online, online ? "устройство на связи" : "устройство не на связи")
    : null;
  return row(
    avatar(person.name),
    caption(person.name, spelt(person.phone)),
    state,
    el("a", { class: "button", href: `/${room}/${person.phone}` }, "Открыть"),
  );
}

function drawPending(one) {
  return row(
    caption(one.title, `код ${one.code} из ${one.codes}, до ${clock(one.expires_at)} · ${one.number}`),
    tag(one.shown, one.shown ? "код показан" : "код ещё не показан"),
  );
}

function drawCode(one) {
  return row(
    caption(one.title, `ждёт букв на телефоне ${spelt(one.phone)}`),
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
