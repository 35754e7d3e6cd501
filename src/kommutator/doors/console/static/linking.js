/* A phone being linked: told over a WebSocket; where that is blocked, asked for every few seconds.
   A code that is over stays over until somebody presses the button. */
"use strict";
(() => {
  const root = document.getElementById("linking");
  if (!root) return;
  const at = (id) => document.getElementById(id);
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const [ASK_MS, PING_MS, OPEN_MS, LATEST_MS] = [3000, 25000, 5000, 30000];
  const TAKEN_OVER = 4409;
  const FINAL = [4401, 4404];
  let socket = null;
  let asking = null;
  let failures = 0;
  let seq = Number(root.dataset.seq) || 0;
  let ends = 0;
  let ttl = Number(root.dataset.ttl);
  let phase = root.dataset.phase;

  const fill = (id, text) => { at(id).textContent = text || ""; at(id).hidden = !text; };
  const isTab = (name) => at(`tab-${name}`).getAttribute("aria-selected") === "true";

  const arrange = () => {
    for (const part of root.querySelectorAll("[data-phases]")) {
      const fits = part.dataset.phases.split(" ").includes(phase);
      part.hidden = !fits || (part.id === "pane-qr" && !isTab("qr")) || (part.id === "pane-code" && !isTab("code"));
    }
    const drawn = phase === "scan" && ends > Date.now();
    const waits = phase === "wait" || phase === "scan";
    at("link-qr").hidden = !drawn;
    at("link-timer").hidden = !drawn;
    at("link-blank").hidden = drawn;
    at("link-spin").hidden = !waits;
    at("link-new").hidden = waits;
    const labels = at("link-new-label").dataset;
    const state = root.dataset.state.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    at("link-new-label").textContent = labels[state] ?? labels.other;
    if (phase !== "type") fill("link-code", "");
  };
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    at("link-left").textContent = root.dataset.wordsLeft.replace("{n}", left);
    at("link-ring").setAttribute("stroke-dashoffset", String(100 - (ttl ? Math.min(100, (left / ttl) * 100) : 0)));
    if (ends && ends <= Date.now()) { ends = 0; at("link-qr").removeAttribute("src"); arrange(); }
  };
  const choose = (name, focus) => {
    for (const one of ["qr", "code"]) {
      at(`tab-${one}`).setAttribute("aria-selected", String(one === name));
      at(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    if (focus) at(`tab-${name}`).focus();
    arrange();
  };

  const status = (said) => {
    // In the console a linked phone has more buttons than one that is not.
    if (root.dataset.enterprise && said.phase === "done" && phase !== "done") { window.location.reload(); return; }
    phase = said.phase;
    root.dataset.phase = phase;
    root.dataset.state = said.state;
    at("link-title").textContent = said.title;
    at("link-action").textContent = said.action;
    fill("link-reason", said.reason_text);
    if (said.phone) at("link-number").textContent = said.phone;
    if (said.name) at("link-name").textContent = said.name;
    if (phase === "type" && !isTab("code")) choose("code");
    if (phase !== "scan") ends = 0;
    arrange();
  };
  const qr = (said) => {
    at("link-qr").src = said.qr;
    ends = Date.now() + said.expires_in * 1000;
    ttl = said.ttl;
    tick();
    arrange();
  };
  const code = (letters) => fill("link-code", `${letters.slice(0, 4)}-${letters.slice(4)}`);
  const trouble = (message, action) => {
    at("link-error").hidden = !message;
    at("link-wrong").textContent = message || "";
    at("link-remedy").textContent = action || "";
  };
  const whole = (said) => {
    seq = said.seq;
    status(said);
    if (said.qr) qr(said);
    if (said.code) code(said.code);
  };

  const hear = (said) => {
    if (said.seq) seq = said.seq;
    if (said.type === "status") { trouble(); status(said); }
    else if (said.type === "qr") qr(said);
    else if (said.type === "code") code(said.code);
    else if (said.type === "error") trouble(said.message, said.action);
  };

  const ask = async (body) => {
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
    if (root.dataset.enterprise) headers["X-Enterprise"] = root.dataset.enterprise;
    const way = { headers, credentials: "same-origin" };
    if (body) Object.assign(way, { method: "POST", body: JSON.stringify(body) });
    if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRF-Token": meta("csrf-token") });
    try {
      const reply = await fetch(root.dataset.ask, way);
      const said = await reply.json();
      if (reply.ok) { trouble(); whole(said); return; }
      trouble(said.error?.message ?? root.dataset.wordsLost, said.error?.action);
      if ([401, 403, 404].includes(reply.status)) { clearInterval(asking); asking = -1; }
    } catch {
      trouble(root.dataset.wordsLost);
    }
  };
  const askOn = () => {
    if (asking !== null) return;
    root.dataset.way = "asking";
    ask();
    asking = setInterval(ask, ASK_MS);
  };
  const listens = () => socket !== null && socket.readyState === WebSocket.OPEN;
  const say = (word) => {
    if (listens()) socket.send(JSON.stringify(word));
    else ask(word.type === "pairing_code" ? { method: "code", phone: word.phone } : { method: "qr" });
  };

  const connect = () => {
    const url = new URL(root.dataset.socket, window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("lang", document.documentElement.lang);
    url.searchParams.set("after", String(seq));
    if (root.dataset.enterprise) url.searchParams.set("enterprise_number", root.dataset.enterprise);
    const mine = root.dataset.token ? new WebSocket(url, ["kommutator", root.dataset.token]) : new WebSocket(url, ["kommutator"]);
    socket = mine;
    let began = false;
    const patience = setTimeout(() => mine.close(), OPEN_MS);
    const ping = setInterval(() => { if (mine.readyState === WebSocket.OPEN) mine.send('{"type":"ping"}'); }, PING_MS);
    mine.onopen = () => { clearTimeout(patience); };
    mine.onmessage = (event) => {
      began = true;
      failures = 0;
      root.dataset.way = "told";
      if (asking !== null) { clearInterval(asking); asking = null; }
      hear(JSON.parse(event.data));
    };
    mine.onclose = (event) => {
      clearTimeout(patience);
      clearInterval(ping);
      if (event.code === TAKEN_OVER) { at("link-elsewhere").hidden = false; root.dataset.way = "elsewhere"; return; }
      if (FINAL.includes(event.code)) { root.dataset.way = "over"; return; }
      if (!began || event.code === 4429) failures += 1;
      if (failures > 1) askOn();
      setTimeout(connect, Math.min(LATEST_MS, 1000 * 2 ** Math.min(failures, 5)));
    };
  };

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-word]");
    if (button) { trouble(); choose("qr"); say({ type: button.dataset.word }); }
  });
  for (const name of ["qr", "code"]) at(`tab-${name}`).addEventListener("click", () => choose(name));
  root.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    choose(isTab("qr") ? "code" : "qr", true);
  });
  at("link-phone-form").addEventListener("submit", (event) => {
    event.preventDefault();
    trouble();
    say({ type: "pairing_code", phone: at("link-phone").value });
  });
  at("link-here").addEventListener("click", () => { at("link-elsewhere").hidden = true; connect(); });

  ends = Number(root.dataset.left) ? Date.now() + Number(root.dataset.left) * 1000 : 0;
  arrange();
  tick();
  setInterval(tick, 500);
  connect();
})();
