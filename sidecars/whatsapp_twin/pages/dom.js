// Small building blocks. Text is always set as text: what somebody wrote is never markup.

export function el(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const row = (...parts) => el("div", { class: "row" }, ...parts);
export const caption = (title, below) =>
  el("span", { class: "grow" }, el("strong", {}, title), el("small", {}, below));
export const tag = (good, words) => el("span", { class: `tag ${good ? "good" : "wait"}` }, words);

export const byId = (id) => document.getElementById(id);

// Rows are redrawn only when they changed; new ones are marked.
export function fill(id, rows, key, draw, emptyText) {
  const box = byId(id);
  const old = new Map([...box.children].map((node) => [node.dataset.key, node]));
  const nodes = rows.map((row) => {
    const same = JSON.stringify(row);
    const before = old.get(String(key(row)));
    if (before?.dataset.same === same) return before;
    const node = draw(row);
    Object.assign(node.dataset, { key: key(row), same });
    if (!before && old.size) node.classList.add("fresh");
    return node;
  });
  const wanted = nodes.length || !emptyText ? nodes : [el("p", { class: "empty" }, emptyText)];
  for (const node of [...box.children]) if (!wanted.includes(node)) node.remove();
  wanted.forEach((node, place) => {
    if (box.children[place] !== node) box.insertBefore(node, box.children[place] ?? null);
  });
}

export async function look(path) {
  const answer = await fetch(`/_twin/${path}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

export async function order(word, body) {
  const answer = await fetch(`/_twin/${word}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

let toastTimer = 0;
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    box.hidden = true;
  }, 5000);
}

// Do it, and say why if it was refused.
export const attempt = (act) => async (event) => {
  event?.preventDefault();
  try {
    await act(event);
  } catch (error) {
    toast(said(error.message));
  }
};

const REFUSALS = [
  [/too old/, "Код устарел: покажите самый новый."],
  [/no device waits/, "С таким кодом никто не ждёт: код устарел или уже использован."],
  [/no code of a linked device/, "Это не похоже на код связанного устройства."],
  [/code is wrong/, "Код неверный."],
  [/wants to be linked/, "Никто не ждёт связи с этим номером."],
  [/as many linked devices/, "Больше четырёх устройств связать нельзя: отвяжите лишнее."],
  [/hung up|did not/, "Устройство не ответило."],
  [/say whose phone/, "Укажите номер телефона."],
];
export const said = (text) => REFUSALS.find(([words]) => words.test(text))?.[1] ?? text;

// Draw now and whenever anything happened. The stream renews itself after a break.
export function follow(draw) {
  const mark = byId("link");
  let busy = false;
  let again = false;
  const once = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await draw();
    } catch (error) {
      toast(said(error.message));
    }
    busy = false;
    if (again) {
      again = false;
      once();
    }
  };
  const news = new EventSource("/_twin/news");
  news.onopen = () => {
    mark.className = "dot ok";
    mark.textContent = "на связи";
  };
  news.onerror = () => {
    mark.className = "dot bad";
    mark.textContent = "нет связи";
  };
  news.onmessage = once;
}

export const clock = (at) =>
  new Date(at * 1000).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });
export const initials = (name) =>
  (name.replace(/[^\p{L}\d ]/gu, "").trim() || "•")
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0])
    .join("")
    .toUpperCase();
export const avatar = (name) => el("span", { class: "avatar", "aria-hidden": "true" }, initials(name));
export const spelt = (phone) => `+${phone}`;

const KINDS = {
  image: "Фото",
  video: "Видео",
  audio: "Голосовое",
  document: "Документ",
  sticker: "Стикер",
  location: "Геопозиция",
  contact: "Контакт",
  reaction: "Реакция",
};
const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓", refused: "!" };

// A bubble; `mine`: written by whose phone this is. Only the salon sees what was typed on its own phone.
function bubble(line, mine) {
  const media =
    line.kind !== "text" && line.kind !== "refused"
      ? el("span", { class: "media" }, KINDS[line.kind] ?? line.kind)
      : null;
  const text = line.waiting
    ? "Ожидание сообщения…"
    : line.kind === "refused"
      ? `Не отправлено: ${line.code}`
      : line.text;
  const ticks = mine
    ? el("span", { class: `ticks ${line.status}`, title: line.status }, TICKS[line.status] ?? "")
    : null;
  const via =
    mine && line.from === "salon" && line.via === "phone" ? el("span", {}, "с этого телефона") : null;
  return el(
    "div",
    { class: `line${mine ? " mine" : ""}${line.status === "refused" ? " refused" : ""}` },
    media,
    text,
    el("span", { class: "meta" }, via, el("span", {}, clock(line.at)), ticks),
  );
}

const lastAt = (chat) => chat.lines.at(-1)?.at ?? 0;
export const newestLast = (chats) => [...chats].sort((one, other) => lastAt(one) - lastAt(other));

export function drawLines(lines, mineFrom) {
  const box = byId("lines");
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !box.dataset.drawn;
  fill(
    "lines",
    lines,
    (line) => `${line.id}${line.from}`,
    (line) => bubble(line, line.from === mineFrom),
    "Пока пусто",
  );
  box.dataset.drawn = "yes";
  if (low) box.scrollTop = box.scrollHeight;
}
