// The consent screen. The server redirects; in `popup` mode the window that opened this one is the one to go on.
import { ask, byId, el } from "./dom.js";

const query = new URLSearchParams(location.search);
const told = await ask(`/_twin/oauth?client_id=${encodeURIComponent(query.get("client_id") ?? "")}`);

function people() {
  const account = told.accounts.find((one) => one.name === byId("account").value);
  byId("user").replaceChildren(...account.users.map((user) => el("option", { value: user.id },
    `${user.name}${user.is_admin ? " (администратор)" : ""}`)));
}

if (told.error) {
  byId("problem").textContent = `Интеграция не найдена: ${told.error}`;
  byId("problem").hidden = false;
} else {
  const form = byId("consent");
  byId("name").textContent = told.integration.name;
  byId("account").replaceChildren(...told.accounts.map((one) => el("option", { value: one.name },
    `${one.domain}${one.installed ? " (уже установлена)" : ""}`)));
  byId("account").addEventListener("change", people);
  byId("where").textContent = `После решения вы вернётесь на ${new URL(told.integration.redirect_uri).host}`;
  form.elements.client_id.value = told.integration.client_id;
  form.elements.state.value = query.get("state") ?? "";
  people();
  // The form posts into the opener and this window closes; without an opener it goes on here.
  if (query.get("mode") === "popup" && window.opener) {
    window.opener.name ||= "amo-opener";
    form.target = window.opener.name;
    form.addEventListener("submit", () => setTimeout(() => window.close(), 300));
  }
  form.hidden = false;
}
