// A client's phone: a chat with a salon, live.

import { attempt, avatar, byId, drawLines, el, fill, follow, look, newestLast, order, spelt } from "./dom.js";

const phone = location.pathname.split("/").pop();
const TYPING_LASTS_MS = 4000;
let chosen = null;
let typing = 0;

async function draw() {
  const [state, { people }] = await Promise.all([look(`phone?phone=${phone}`), look("people")]);
  const chats = newestLast(state.chats.filter((one) => one.person.phone === phone));
  const salons = people.filter(
    (one) =>
      one.phone !== phone &&
      (one.salon || one.devices.length || chats.some((chat) => chat.salon.phone === one.phone)),
  );
  chosen ??= chats.at(-1)?.salon.phone ?? salons[0]?.phone ?? null;
  const chat = chats.find((one) => one.salon.phone === chosen);
  document.title = state.name;
  byId("whose").textContent = `${state.name}, ${spelt(phone)}`;
  byId("face").replaceChildren(avatar(salons.find((one) => one.phone === chosen)?.name ?? "?"));
  fill(
    "chat",
    salons.map(({ phone: number, name }) => ({ phone: number, name })),
    (one) => one.phone,
    (one) => el("option", { value: one.phone }, one.name),
  );
  byId("chat").hidden = salons.length === 0;
  if (chosen) byId("chat").value = chosen;
  byId("typing").textContent = !chosen ? "салонов пока нет" : chat?.typing ? "печатает…" : spelt(chosen);
  byId("reachable").checked = state.reachable;
  byId("blocked").checked = state.blocked.includes(chosen);
  drawLines(
    (chat?.lines ?? []).filter((line) => line.from === "person" || line.arrived),
    "person",
  );
}

const write = (body) => order("inbound", { to: chosen, from: phone, mode: byId("mode").value, ...body });

// Told once when somebody begins to type, and once when they stop.
function tellTyping() {
  if (!chosen) return;
  if (!typing) order("typing", { to: chosen, from: phone, on: true });
  clearTimeout(typing);
  typing = setTimeout(() => {
    typing = 0;
    order("typing", { to: chosen, from: phone, on: false });
  }, TYPING_LASTS_MS);
}

byId("text").addEventListener("input", tellTyping);
byId("chat").addEventListener("change", () => {
  chosen = byId("chat").value;
  delete byId("lines").dataset.drawn;
  draw();
});
byId("write").addEventListener(
  "submit",
  attempt(async () => {
    const text = byId("text").value.trim();
    if (!text) return;
    clearTimeout(typing);
    typing = 0;
    byId("text").value = "";
    await write({ text });
  }),
);
for (const button of document.querySelectorAll("[data-kind]")) {
  button.addEventListener(
    "click",
    attempt(() => write({ kind: button.dataset.kind, caption: byId("text").value.trim() || undefined })),
  );
}
byId("reachable").addEventListener(
  "change",
  attempt(() => order("reachable", { phone, on: byId("reachable").checked })),
);
byId("blocked").addEventListener(
  "change",
  attempt(() => order("block", { person: phone, phone: chosen, on: byId("blocked").checked })),
);
await order("people", { phone });
follow(draw);
