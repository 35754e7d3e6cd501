// A salon's phone: its linked devices, and its chats as the staff see them.

import {
  attempt,
  avatar,
  byId,
  caption,
  clock,
  drawLines,
  el,
  fill,
  follow,
  look,
  newestLast,
  order,
  row,
  spelt,
  tag,
  toast,
} from "./dom.js";

const phone = location.pathname.split("/").pop();
let chosen = null;

function tell(text, kind = "") {
  byId("notice").textContent = text;
  byId("notice").className = `notice ${kind}`;
}

function result({ linked }) {
  if (linked) tell("Устройство связано.", "good");
  else tell("Телефон просит ключ доступа: продолжение на самом устройстве.", "bad");
  byId("qr").value = "";
  byId("letters").value = "";
}

function drawDevice(device) {
  const waiting = device.waiting ? ` · ждут: ${device.waiting}` : "";
  return row(
    caption(device.title, `с ${clock(device.linked_at)} · №${device.id}${waiting}`),
    tag(device.online, device.online ? "на связи" : "не на связи"),
    el(
      "button",
      {
        class: "danger",
        type: "button",
        onclick: attempt(() => order("kick", { phone, how: "device_removed", device: device.id })),
      },
      "Отвязать",
    ),
  );
}

function drawPending(one) {
  return row(
    caption(one.title, `код ${one.code} из ${one.codes}, до ${clock(one.expires_at)}`),
    el(
      "button",
      {
        class: one.shown ? "primary" : "",
        type: "button",
        disabled: !one.shown,
        title: one.shown ? null : "Секрет есть только в самом QR-коде: вставьте его текст",
        onclick: attempt(async () => result(await order("scan", { number: one.number, phone }))),
      },
      one.shown ? "Сканировать" : "код не показан",
    ),
  );
}

function drawChat(chats) {
  const chat = chats.find((one) => one.person.phone === chosen) ?? chats.at(-1);
  chosen = chat?.person.phone ?? null;
  fill(
    "chat",
    chats.map((one) => one.person),
    (one) => one.phone,
    (one) => el("option", { value: one.phone }, one.name),
  );
  if (chosen) byId("chat").value = chosen;
  byId("chat").hidden = chats.length === 0;
  byId("typing").textContent = !chat ? "чатов пока нет" : chat.person_typing ? "печатает…" : spelt(chosen);
  byId("write").hidden = !chat;
  drawLines(chat?.lines ?? [], "salon");
}

async function draw() {
  const state = await look(`phone?phone=${phone}`);
  byId("name").textContent = state.name;
  byId("number").textContent = spelt(phone);
  byId("face").replaceChildren(avatar(state.name));
  byId("passkey").checked = state.passkey;
  fill("devices", state.devices, (one) => one.id, drawDevice, "Ни одного устройства");
  fill("pending", state.pending, (one) => one.number, drawPending, "Ни одно устройство не показывает код");
  byId("code").hidden = state.codes.length === 0;
  drawChat(newestLast(state.chats.filter((one) => one.salon.phone === phone)));
}

byId("chat").addEventListener("change", () => {
  chosen = byId("chat").value;
  delete byId("lines").dataset.drawn;
  draw();
});
byId("scan").addEventListener(
  "submit",
  attempt(async () => result(await order("scan", { qr: byId("qr").value, phone }))),
);
byId("code").addEventListener(
  "submit",
  attempt(async () => result(await order("code", { code: byId("letters").value, phone }))),
);
byId("passkey").addEventListener(
  "change",
  attempt(() => order("passkey", { phone, on: byId("passkey").checked })),
);
byId("write").addEventListener(
  "submit",
  attempt(async () => {
    const text = byId("text").value.trim();
    if (!text) return;
    byId("text").value = "";
    await order("own", { phone, to: chosen, text });
  }),
);
byId("paste").addEventListener(
  "click",
  attempt(async () => {
    byId("qr").value = await navigator.clipboard.readText();
    toast("Текст вставлен: теперь «Отсканировать».");
  }),
);
await order("people", { phone, salon: true });
follow(draw);
