// The behaviour of every page, one module for each idea. htmx fetches, Alpine holds small states, the rest is here.
import * as clock from "./clock.js";
import * as dialogs from "./dialogs.js";
import * as keyboard from "./keyboard.js";
import * as lists from "./lists.js";
import * as live from "./live.js";
import * as menu from "./menu.js";
import * as parts from "./parts.js";
import * as seen from "./seen.js";
import * as toasts from "./toasts.js";

parts.register();

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

// a form that somebody has begun is not refreshed under their hands
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form");
  if (form && !event.target.matches("[data-pick]")) form.dataset.dirty = "";
});
document.addEventListener("submit", (event) => delete event.target.dataset.dirty);

for (const part of [dialogs, menu, toasts, clock, lists, keyboard, seen, live]) part.start();
document.documentElement.dataset.ready = "";
