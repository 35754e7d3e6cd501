// The cabinet with an application inside: consent leads the frame, not the page, to the application.
import { ask, byId, el } from "./dom.js";

const [, company, application] = /^\/appstore\/(\d+)\/(\d+)/.exec(location.pathname);
const state = await ask(`/_twin/desk?company=${company}`);
const app = state.applications.find((one) => String(one.id) === application);
byId("back").href = `/timetable/${company}`;
const form = byId("connect");
form.action = `/appstore/${company}/${application}/connect`;
form.append(el("b", {}, app.title),
  ...app.salons.filter((one) => one.status === "uninstalled" || one.status === "pending").map((one) => el("label", {},
    el("input", {
      type: app.multi_branch ? "checkbox" : "radio", name: "salon_ids", value: one.salon_id,
      checked: String(one.salon_id) === company,
    }), ` ${one.title}`)),
  el("button", { class: "primary" }, "Подключить"));
