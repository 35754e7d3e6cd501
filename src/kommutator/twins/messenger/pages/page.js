// Chats as the other side's phone shows them; whoever looks may write as that side.

import { byId, el, fill } from "./dom.js";

let chosen = null;
let talks = [];

const key = (talk) => `${talk.owner}/${talk.id}`;
const clock = (at) => new Date(at * 1000).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });

function drawTalk(talk) {
  const last = talk.lines.at(-1);
  return el("button", { type: "button", onclick: () => choose(key(talk)), "aria-current": key(talk) === chosen },
    el("strong", {}, talk.title),
    el("small", {}, talk.closed ? "закрыт: " + talk.closed : last ? last.text.slice(0, 60) : "пока пусто"));
}

function drawLine(line) {
  const marks = [clock(line.at), line.edited ? "изменено" : "", line.deleted ? "удалено" : ""];
  return el("div", { class: "line" + (line.ours ? " ours" : "") + (line.deleted ? " deleted" : "") },
    line.text, el("small", {}, marks.filter(Boolean).join(" · ")));
}

function show() {
  const talk = talks.find((one) => key(one) === chosen);
  fill("talks", talks.map((one) => ({ ...one, now: key(one) === chosen })), key, drawTalk, "Пока никто не писал");
  byId("who").textContent = talk ? talk.title : "Выберите чат";
  byId("write").hidden = !talk;
  fill("lines", talk ? talk.lines : [], (line) => line.id, drawLine, "Пока пусто");
  const lines = byId("lines");
  lines.scrollTop = lines.scrollHeight;
}

function choose(name) {
  chosen = name;
  show();
}

async function look() {
  const state = await (await fetch("/_twin/state?traffic=0")).json();
  byId("title").textContent = state.title;
  document.title = state.title;
  talks = state.talks;
  if (chosen === null && talks.length) chosen = key(talks[0]);
  show();
}

async function follow() {
  let number = -1;
  for (;;) {
    try {
      await look();
      byId("link").className = "dot ok";
      byId("link").textContent = "на связи";
      const news = await fetch(`/_twin/changed?after=${number}`);
      number = (await news.json()).number;
    } catch {
      byId("link").className = "dot bad";
      byId("link").textContent = "нет связи";
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

byId("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const talk = talks.find((one) => key(one) === chosen);
  const text = byId("text").value.trim();
  if (!talk || !text) return;
  byId("text").value = "";
  await fetch("/_twin/say", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ owner: talk.owner, chat: talk.id, text }),
  });
});

follow();
