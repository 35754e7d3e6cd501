// Small building blocks. Text is always set as text: what an API client sent is never markup.

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

// Drawn, not an emoji: machines without a colour font would show an empty box.
export function handset() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M6.6 10.8a15.2 15.2 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 "
    + "3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1 11.4 "
    + "11.4 0 0 0 .57 3.6 1 1 0 0 1-.25 1z");
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

// Only web addresses become links, pictures and sound: no javascript: from a registered module.
export function webAddress(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// Rows are redrawn only when they changed, so that a playing record is not cut off.
export function fill(id, rows, key, draw, emptyText) {
  const box = byId(id);
  const signature = JSON.stringify(rows);
  if (box.dataset.signature === signature) return;
  box.dataset.signature = signature;
  const old = new Map([...box.children].map((node) => [node.dataset.key, node]));
  const first = old.size === 0;
  const nodes = rows.map((row) => {
    const name = String(key(row));
    const same = JSON.stringify(row);
    const before = old.get(name);
    if (before && before.dataset.same === same) return before;
    const node = draw(row);
    node.dataset.key = name;
    node.dataset.same = same;
    if (!before && !first) node.classList.add("fresh");
    return node;
  });
  const wanted = nodes.length || !emptyText ? nodes : [el("p", { class: "empty" }, emptyText)];
  for (const node of [...box.children]) if (!wanted.includes(node)) node.remove();
  wanted.forEach((node, place) => {
    if (box.children[place] !== node) box.insertBefore(node, box.children[place] ?? null);
  });
}

let toastTimer = 0;
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 5000);
}

export async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.json();
}
