// Clocks tick every half minute, by the server's time. The words are those of yifang/web/clocks.py.
import { say } from "./texts.js";

const serverNow = Number(document.querySelector("meta[name=server-now]")?.content);
const offset = serverNow ? serverNow - Date.now() / 1000 : 0;
const ICONS = { calm: "clock", soon: "hourglass", late: "alert-triangle" };

export function words(seconds) {
  const all = Math.floor(Math.abs(seconds) / 60);
  const days = Math.floor(all / 1440);
  let hours = Math.floor((all % 1440) / 60);
  const minutes = all % 60;
  const parts = [];
  if (days >= 2) {
    parts.push(say("days", { n: days }));
    if (hours) parts.push(say("hours", { n: hours }));
  } else if (days || hours) {
    hours += 24 * days;
    parts.push(say("hours", { n: hours }));
    if (minutes) parts.push(say("minutes", { n: minutes }));
  } else {
    parts.push(minutes ? say("minutes", { n: minutes }) : say("moment"));
  }
  return parts.join(" ");
}

function tick() {
  const now = Date.now() / 1000 + offset;
  for (const clock of document.querySelectorAll(".y-clock[data-due]")) {
    const left = Number(clock.dataset.due) - now;
    const tone = left < 0 ? "late" : left <= Number(clock.dataset.soon) ? "soon" : "calm";
    clock.classList.remove("is-calm", "is-soon", "is-late");
    clock.classList.add(`is-${tone}`);
    const drawing = clock.querySelector("use");
    drawing.setAttribute("href", drawing.getAttribute("href").replace(/#.*/, `#${ICONS[tone]}`));
    clock.querySelector("span").textContent = say(left < 0 ? "over" : "left", { time: words(left) });
  }
}

export function start() {
  tick();
  setInterval(tick, 30_000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("htmx:afterSettle", tick);
}
