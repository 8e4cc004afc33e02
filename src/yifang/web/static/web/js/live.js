// Open pages refresh themselves. An element with data-live="/live?after=SEQ&topic=…" asks while the page is visible:
// 204 is nothing new; 200 carries events in HX-Trigger, which parts with hx-trigger="live:<topic> from:body" hear.
// A part in which somebody is writing is left alone and says so.
import { say } from "./texts.js";
import { toast } from "./toasts.js";

const EVERY = 1000; // a suspicion is to stand on an open page within two seconds of its message
const SLOWEST = 60_000;
let notice = null;

function busy(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches("input:not([type=checkbox]), textarea, select")) return true;
  if (part.querySelector("details[open], [data-dirty]")) return true;
  return Boolean(part.querySelector("[data-pick]:checked"));
}

function watch(element) {
  let wait = EVERY;
  let url = new URL(element.dataset.live, window.location.href);
  async function ask() {
    if (!element.isConnected) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(url, { headers: { "X-Requested-With": "live" }, credentials: "same-origin" });
        wait = answer.ok ? EVERY : Math.min(wait * 2, SLOWEST);
        const after = answer.headers.get("X-Live-After"); // with 204 too: what was looked through is not looked through again
        if (after) url.searchParams.set("after", after);
        if (answer.status === 200 && !answer.redirected) {
          for (const [name, detail] of Object.entries(JSON.parse(answer.headers.get("HX-Trigger") || "{}"))) {
            document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
          }
        }
      } catch {
        wait = Math.min(wait * 2, SLOWEST); // the server is away; ask less often until it is back
      }
    }
    timer = setTimeout(ask, wait);
  }
  let timer = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    clearTimeout(timer);
    ask();
  });
}

export function start() {
  for (const element of document.querySelectorAll("[data-live]")) watch(element);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (!part.matches?.("[data-live-part]") || event.detail.requestConfig.triggeringEvent?.type.startsWith("live:") !== true) return;
    if (!busy(part)) return;
    event.preventDefault();
    if (notice?.isConnected) return;
    notice = toast(say("stale"), "warning", { label: say("refresh"), run: () => window.location.reload() });
  });
}
