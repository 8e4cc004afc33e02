// Short messages at the corner. Good news leaves by itself; what went wrong stays until it is closed.
import { say } from "./texts.js";

export function toast(text, kind = "error", action = null) {
  const item = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  item.classList.add(`is-${kind}`);
  item.querySelector("span").textContent = text;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "y-link";
    button.textContent = action.label;
    button.addEventListener("click", () => { item.remove(); action.run(); });
    item.querySelector("span").append(" ", button);
  }
  document.getElementById("toasts").append(item);
  return item;
}

function settle() {
  for (const item of document.querySelectorAll(".y-toast.is-success:not([data-leaving]), .y-toast.is-info:not([data-leaving])")) {
    item.dataset.leaving = "";
    setTimeout(() => item.remove(), 8000);
  }
}

export function start() {
  settle();
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("click", (event) => {
    event.target.closest?.("[data-toast-close]")?.closest("[data-toast]").remove();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    const plain = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
    toast(plain && responseText ? responseText : say(status === 403 ? "forbidden" : "failed"));
  });
  document.addEventListener("htmx:sendError", () => toast(say("offline"), "warning"));
}
