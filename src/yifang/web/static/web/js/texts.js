// The words of the scripts, translated by the server into <script id="script-texts">.
const texts = JSON.parse(document.getElementById("script-texts")?.textContent || "{}");

export function say(name, values = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}
