/* The page works without this file; it adds the CSRF header, toasts, confirmations and copy. */
"use strict";
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const texts = { copied: meta("text-copied"), failed: meta("text-failed") };

  if (window.self !== window.top) document.documentElement.classList.add("framed");

  const toast = (title, detail, bad) => {
    const box = document.createElement("div");
    box.className = bad ? "toast-note bad" : "toast-note";
    box.setAttribute("role", bad ? "alert" : "status");
    const head = document.createElement("strong");
    head.textContent = title;
    box.append(head);
    if (detail) {
      const line = document.createElement("div");
      line.textContent = detail;
      box.append(line);
    }
    document.getElementById("toasts").append(box);
    setTimeout(() => box.remove(), bad ? 15000 : 5000);
  };

  const showNotes = (root) => {
    for (const note of root.querySelectorAll("[data-toast]")) {
      toast(note.dataset.toast, note.dataset.toastDetail, note.dataset.toastBad === "1");
      note.remove();
    }
  };

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = meta("csrf-token");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const fresh = event.detail.xhr.getResponseHeader("X-CSRF-Token");
    if (!fresh) return;
    document.querySelector('meta[name="csrf-token"]').content = fresh;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = fresh;
  });
  document.addEventListener("htmx:responseError", (event) => {
    let said = null;
    try { said = JSON.parse(event.detail.xhr.responseText).error; } catch { /* a page, not an error of ours */ }
    if (said && said.code === "sign_in_first") { window.location.reload(); return; }
    toast(said?.message || texts.failed, said?.action || "", true);
  });
  document.addEventListener("htmx:sendError", () => toast(texts.failed, "", true));
  document.addEventListener("htmx:load", (event) => showNotes(event.detail.elt.parentElement ?? document));
  // Our own dialog: browsers refuse window.confirm() inside a CRM's frame.
  const ask = (question, sure) => {
    const dialog = document.getElementById("ask");
    document.getElementById("ask-words").textContent = question;
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && sure(), { once: true });
    dialog.showModal();
  };
  document.addEventListener("htmx:confirm", (event) => {
    const question = event.detail.elt.dataset.confirm;
    if (!question) return;
    event.preventDefault();
    ask(question, () => event.detail.issueRequest(true));
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      toast(texts.copied, "", false);
    } catch {
      window.getSelection().selectAllChildren(source);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-reveals]")) {
      document.getElementById(event.target.dataset.reveals).hidden = false;
    }
  });
  // Without this the buttons save the form with the step moved.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li");
    if (button.dataset.move === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    button.focus();
  });
  // A part of the page that was asked for: it is read from its heading, and put away again.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-empties]");
    if (button) document.getElementById(button.dataset.empties).replaceChildren();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    event.detail.elt.querySelector("[data-focus]")?.focus({ preventScroll: true });
  });
  // A message is written: Ctrl+Enter sends it; what was sent leaves the field, a refusal does not.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (event.target.matches("[data-sends]")) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!event.detail.successful || !form.matches("[data-clears]")) return;
    for (const field of form.querySelectorAll("[data-sends]")) { field.value = ""; field.focus(); }
  });
  // A list that is drawn anew stays where its reader is; a talk that grows shows its end.
  let kept = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.matches("[data-keeps-scroll]")) kept = event.detail.target.scrollTop;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const list = event.detail.elt;
    if (list.matches("[data-keeps-scroll]")) list.scrollTop = kept;
    const grown = list.closest("[data-shows-end]");
    if (grown) grown.scrollTop = grown.scrollHeight;
  });
  // Messages count as seen when somebody can see them.
  const tellSeen = () => {
    if (document.visibilityState !== "visible") return;
    for (const mark of document.querySelectorAll("[data-seen]")) htmx.trigger(mark, "seen");
  };
  document.addEventListener("visibilitychange", tellSeen);
  document.addEventListener("htmx:afterSettle", tellSeen);
  document.addEventListener("htmx:load", tellSeen);
  // To the next or the last one of a list of choices, by a finger drawn across.
  let drawn = null;
  document.addEventListener("touchstart", (event) => {
    const area = event.target.closest("[data-swipe]");
    const [touch] = event.touches;
    drawn = area && event.touches.length === 1 ? { area, x: touch.clientX, y: touch.clientY } : null;
  }, { passive: true });
  document.addEventListener("touchend", (event) => {
    if (!drawn) return;
    const [touch] = event.changedTouches;
    const [across, down] = [touch.clientX - drawn.x, touch.clientY - drawn.y];
    const choice = document.getElementById(drawn.area.dataset.swipe);
    drawn = null;
    if (choice.offsetParent === null || Math.abs(across) < 60 || Math.abs(down) > 40) return;
    const next = choice.selectedIndex + (across < 0 ? 1 : -1);
    if (next < 0 || next >= choice.options.length) return;
    choice.selectedIndex = next;
    choice.form.requestSubmit();
  }, { passive: true });
  // Seconds of living calls run here; the server is only asked what happened.
  const two = (number) => String(number).padStart(2, "0");
  const span = (whole) => {
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  };
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-runs]")) {
      clock.began ??= performance.now() - Number(clock.dataset.runs) * 1000;
      clock.textContent = span(Math.max(0, Math.floor((performance.now() - clock.began) / 1000)));
    }
  }, 500);
  document.addEventListener("DOMContentLoaded", () => showNotes(document));
})();
