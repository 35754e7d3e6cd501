// Where a QR code's own address leads: which phone is to scan it?

import { attempt, avatar, byId, caption, el, fill, follow, look, order, row, spelt } from "./dom.js";

const qr = decodeURIComponent(location.hash.slice(1));

const scan = async (phone, name) => {
  const { linked } = await order("scan", { qr, phone, name });
  byId("notice").textContent = linked
    ? "Устройство связано."
    : "Телефон просит ключ доступа: продолжение на самом устройстве.";
  byId("notice").className = `notice ${linked ? "good" : "bad"}`;
};

function drawPhone(person) {
  return row(
    avatar(person.name),
    caption(person.name, spelt(person.phone)),
    el(
      "button",
      { class: "primary", type: "button", onclick: attempt(() => scan(person.phone)) },
      "Отсканировать",
    ),
  );
}

byId("new").addEventListener(
  "submit",
  attempt((event) => {
    const { phone, name } = Object.fromEntries(new FormData(event.target));
    return scan(phone, name || undefined);
  }),
);
if (!qr) byId("notice").textContent = "В адресе нет кода: сюда ведёт ссылка из QR-кода.";
follow(async () => {
  const { people } = await look("people");
  fill(
    "phones",
    people.filter((one) => one.salon || one.devices.length),
    (one) => one.phone,
    drawPhone,
    "Телефонов салонов пока нет: введите номер нового",
  );
});
