// Pictures: each <figure data-chart> holds its numbers as JSON. They are drawn on a canvas in the colours of the page,
// every mark opens the address behind it, and a picture is saved as an image or a table. ECharts draws; the words come
// from the server. Tooltips are drawn too: the policy of the page allows no inline style.
const drawn = new Map(); // figure → {chart, spec}
const maps = new Map(); // address of a GeoJSON → whether it is registered

function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--y-${name}`).trim();
  const tone = (name) => read(`chart-${name}`);
  return { ink: read("ink"), soft: read("ink-soft"), faint: read("ink-faint"), line: read("line"), paper: read("paper"),
    sunk: read("sunk"), accent: read("accent"), tone, font: getComputedStyle(document.body).fontFamily };
}

function number(value) {
  return value === null || value === undefined ? "" : Number(value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}

function tip(look, formatter, more = {}) {
  return { renderMode: "richText", confine: true, backgroundColor: look.paper, borderColor: look.line, borderWidth: 1, padding: [6, 10],
    textStyle: { color: look.ink, fontSize: 13, fontFamily: look.font }, formatter, ...more };
}

function axes(look, spec, narrow) {
  const label = { color: look.soft, fontSize: 12, fontFamily: look.font };
  return {
    x: { type: "category", data: spec.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } },
      axisLabel: { ...label, hideOverlap: true, interval: spec.categories.length <= (narrow ? 7 : 16) ? 0 : "auto" } },
    y: { type: "value", minInterval: 1, name: spec.unit, nameTextStyle: { ...label, align: "left", padding: [0, 0, 0, -28] },
      splitLine: { lineStyle: { color: look.line } }, axisLabel: label, axisLine: { show: false } },
  };
}

function legend(look, spec) {
  return { show: spec.series.length > 1, top: 0, right: 0, itemWidth: 12, itemHeight: 8, icon: "rect",
    textStyle: { color: look.soft, fontSize: 12, fontFamily: look.font } };
}

function marked(spec, index, look, colour) {
  if (spec.marked !== index) return {};
  return { itemStyle: { color: colour, opacity: 0.45, borderColor: colour, borderWidth: 1, borderType: "dashed" } };
}

const together = (spec) => (found) => {
  const lines = found.filter((one) => one.seriesName && !one.seriesName.startsWith("\0")).map((one) => `${one.seriesName}  ${number(value_of(one))}`);
  return [found[0]?.axisValueLabel ?? found[0]?.name, ...lines].join("\n");
};

function value_of(one) {
  return Array.isArray(one.value) ? one.value[one.value.length - 1] : one.data?.shown ?? one.value;
}

const KINDS = {
  bars(spec, look, narrow) {
    const { x, y } = axes(look, spec, narrow);
    return { legend: legend(look, spec), grid: { left: 44, right: 12, top: 34, bottom: 28 }, xAxis: x, yAxis: y,
      tooltip: tip(look, together(spec), { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: look.line, opacity: 0.4 } } }),
      series: spec.series.map((one) => one.line
        ? { type: "line", name: one.name, data: one.values, step: false, symbol: "none", connectNulls: false, z: 3,
            lineStyle: { color: look.tone(one.tone), width: 2, type: one.tone === "limit" ? "dotted" : "dashed" }, itemStyle: { color: look.tone(one.tone) } }
        : { type: "bar", name: one.name, stack: "all", barCategoryGap: "12%", barMaxWidth: 36, itemStyle: { color: look.tone(one.tone), borderColor: look.paper, borderWidth: 0.5 },
            data: one.values.map((value, index) => ({ value, link: one.links[index], ...marked(spec, index, look, look.tone(one.tone)) })) }) };
  },
  pyramid(spec, look) {
    const [left, right] = spec.series;
    const most = round(Math.max(1, ...left.values, ...right.values));
    const label = { color: look.soft, fontSize: 12, fontFamily: look.font };
    const side = (one, sign) => ({ type: "bar", name: one.name, stack: "all", barCategoryGap: "14%", itemStyle: { color: look.tone(one.tone) },
      data: one.values.map((value, index) => ({ value: value === null ? null : sign * value, shown: value, link: one.links[index] })) });
    return { legend: legend(look, spec), grid: { left: 56, right: 16, top: 34, bottom: 28 },
      xAxis: { type: "value", min: -most, max: most, minInterval: 1, splitNumber: 4, axisLabel: { ...label, formatter: (value) => number(Math.abs(value)) }, splitLine: { lineStyle: { color: look.line } } },
      yAxis: { type: "category", data: spec.categories, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...label, interval: 0 } },
      tooltip: tip(look, together(spec), { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: look.line, opacity: 0.4 } } }),
      series: [side(left, -1), side(right, 1)] };
  },
  ranks(spec, look) {
    const one = spec.series[0];
    const label = { color: look.soft, fontSize: 12, fontFamily: look.font };
    return { grid: { left: 4, right: 48, top: 8, bottom: 8, containLabel: true },
      xAxis: { type: "value", minInterval: 1, axisLabel: { show: false }, splitLine: { show: false } },
      yAxis: { type: "category", inverse: true, data: spec.categories, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...label, interval: 0, width: 150, overflow: "truncate" } },
      tooltip: tip(look, (found) => `${found.name}  ${number(found.value)}`),
      series: [{ type: "bar", name: one.name, barMaxWidth: 18, itemStyle: { color: look.tone("2") }, label: { show: true, position: "right", color: look.ink, fontFamily: look.font, formatter: (found) => number(found.value) },
        data: one.values.map((value, index) => ({ value, link: one.links[index] })) }] };
  },
  heat(spec, look) {
    const label = { color: look.soft, fontSize: 12, fontFamily: look.font };
    const data = spec.series.flatMap((one, row) => one.values.flatMap((value, column) => value ? [{ value: [column, row, value], link: one.links[column] }] : []));
    return { grid: { left: 4, right: 12, top: 8, bottom: 52, containLabel: true },
      xAxis: { type: "category", data: spec.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } }, axisLabel: { ...label, hideOverlap: true } },
      yAxis: { type: "category", inverse: true, data: spec.series.map((one) => one.name), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...label, interval: 0, width: 130, overflow: "truncate" } },
      tooltip: tip(look, (found) => `${spec.series[found.value[1]].name}\n${spec.categories[found.value[0]]}  ${number(found.value[2])}`),
      visualMap: scale(look, Math.max(1, ...data.map((one) => one.value[2]))),
      series: [{ type: "heatmap", data, itemStyle: { borderColor: look.paper, borderWidth: 1 } }] };
  },
  map(spec, look) {
    const one = spec.series[0];
    const data = spec.keys.map((key, index) => ({ name: key, value: one.values[index], link: one.links[index], said: spec.categories[index] }));
    const names = Object.fromEntries(window.echarts.getMap(spec.geometry).geoJSON.features.map((each) => [each.properties.code, each.properties.name]));
    const said = (code) => data.find((each) => each.name === code)?.said ?? names[code] ?? code;
    return { tooltip: tip(look, (found) => `${said(found.name)}  ${number(Number.isNaN(found.value) ? 0 : found.value)}`),
      visualMap: scale(look, Math.max(1, ...one.values.map((value) => value || 0))),
      series: [{ type: "map", map: spec.geometry, nameProperty: "code", data, top: 8, bottom: 44, left: 8, right: 8, selectedMode: false,
        itemStyle: { areaColor: look.sunk, borderColor: look.faint, borderWidth: 0.8 },
        label: { show: Object.keys(names).length <= 40, color: look.ink, fontSize: 11, fontFamily: look.font, formatter: (found) => said(found.name), textBorderColor: look.paper, textBorderWidth: 2 },
        labelLayout: { hideOverlap: true },
        emphasis: { label: { color: look.ink }, itemStyle: { areaColor: look.tone("3"), borderColor: look.ink } } }] };
  },
  years(spec, look, narrow) {
    const { x, y } = axes(look, spec, narrow);
    const band = spec.series.find((one) => one.upper.length);
    const lines = spec.series.filter((one) => !one.upper.length);
    const shape = { type: "line", symbol: "none", stack: "band", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
    const low = band ? [{ ...shape, name: "\0low", data: band.values, areaStyle: { opacity: 0 } },
      { ...shape, name: band.name, data: band.upper.map((value, index) => value === null ? null : value - band.values[index]), itemStyle: { color: look.tone("band") }, areaStyle: { color: look.tone("band"), opacity: 1 } }] : [];
    const said = (found) => {
      const index = found[0]?.dataIndex ?? 0;
      const words = lines.filter((one) => one.values[index] !== null).map((one) => `${one.name}  ${number(one.values[index])}`);
      if (band && band.values[index] !== null) words.push(`${band.name}  ${number(band.values[index])}–${number(band.upper[index])}`);
      return [spec.categories[index], ...words].join("\n");
    };
    return { legend: { ...legend(look, spec), data: spec.series.map((one) => one.name) }, grid: { left: 44, right: 12, top: narrow ? 62 : 34, bottom: 28 },
      xAxis: { ...x, boundaryGap: false }, yAxis: y, tooltip: tip(look, said, { trigger: "axis", axisPointer: { lineStyle: { color: look.line } } }),
      series: [...low, ...lines.map((one) => ({ type: "line", name: one.name, z: 4, symbol: one.tone === "now" ? "circle" : "none", symbolSize: 7, connectNulls: false, triggerLineEvent: false,
        data: one.values.map((value, index) => ({ value, link: one.links[index], ...(spec.marked === index && one.tone === "now" ? { symbol: "emptyCircle" } : {}) })),
        lineStyle: { color: look.tone(one.tone), width: one.tone === "now" ? 2.5 : 1.5, type: one.tone === "now" ? "solid" : "dashed" }, itemStyle: { color: look.tone(one.tone) } }))] };
  },
};

// the next number above that reads well at the end of an axis
function round(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((one) => one * unit).find((one) => one >= value);
}

function scale(look, most) {
  return { min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemWidth: 10, itemHeight: 110, precision: 0,
    inRange: { color: [look.tone("low"), look.tone("mid"), look.tone("high")] }, text: [number(most), "0"], textStyle: { color: look.soft, fontFamily: look.font } };
}

async function geometry(address) {
  if (maps.get(address)) return true;
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) return false;
  window.echarts.registerMap(address, await answer.json());
  maps.set(address, true);
  return true;
}

async function draw(figure) {
  const plot = figure.querySelector("[data-chart-plot]");
  const held = document.getElementById(`${figure.id}-spec`);
  if (!plot || !held || drawn.has(figure)) return;
  const spec = JSON.parse(held.textContent);
  drawn.set(figure, null); // taken: a second call does not draw it again
  if (spec.geometry && !(await geometry(spec.geometry))) return;
  if (spec.kind === "ranks" || spec.kind === "heat") {
    const rows = spec.kind === "heat" ? spec.series.length : spec.categories.length;
    plot.style.height = `${Math.max(160, rows * 24 + (spec.kind === "heat" ? 90 : 24))}px`;
  }
  const chart = window.echarts.init(plot, null, { renderer: "canvas" });
  drawn.set(figure, { chart, spec });
  paint(figure);
  chart.on("click", (event) => {
    const link = event.data?.link;
    if (link) window.location.assign(link);
  });
  new ResizeObserver(() => chart.resize()).observe(plot);
  figure.dataset.drawn = "";
}

function paint(figure) {
  const one = drawn.get(figure);
  if (!one) return;
  const look = colours();
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const option = KINDS[one.spec.kind](one.spec, look, figure.clientWidth < 480);
  one.chart.setOption({ animation: !still, animationDuration: 200, textStyle: { fontFamily: look.font }, ...option }, true);
}

// ECharts is a megabyte: it comes with the first picture, which may be one that htmx brought.
let library = null;
function fetched() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("script[data-charts]").dataset.charts;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

async function drawAll() {
  for (const figure of drawn.keys()) if (!figure.isConnected) { drawn.get(figure)?.chart.dispose(); drawn.delete(figure); }
  const waiting = [...document.querySelectorAll("[data-chart]")].filter((figure) => !drawn.has(figure));
  if (!waiting.length) return;
  await fetched();
  for (const figure of waiting) draw(figure);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The image carries its title and how it was counted: it will be pasted where the page is not.
function image(figure) {
  const one = drawn.get(figure);
  if (!one) return;
  const look = colours();
  const ratio = 2;
  const inner = one.chart.renderToCanvas({ pixelRatio: ratio, backgroundColor: look.paper });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const width = inner.width;
  pen.font = `${12 * ratio}px ${look.font}`;
  const lines = [];
  let line = "";
  for (const letter of one.spec.source) {
    if (pen.measureText(line + letter).width > width - 32 * ratio) { lines.push(line); line = ""; }
    line += letter;
  }
  lines.push(line);
  canvas.width = width;
  canvas.height = inner.height + (44 + 18 * lines.length) * ratio;
  pen.fillStyle = look.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = look.ink;
  pen.font = `bold ${16 * ratio}px ${look.font}`;
  pen.fillText(one.spec.title, 16 * ratio, 26 * ratio);
  pen.drawImage(inner, 0, 36 * ratio);
  pen.fillStyle = look.soft;
  pen.font = `${12 * ratio}px ${look.font}`;
  lines.forEach((text, index) => pen.fillText(text, 16 * ratio, inner.height + (50 + 18 * index) * ratio));
  canvas.toBlob((blob) => save(blob, `${one.spec.title}.png`), "image/png");
}

function quoted(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  const safe = /^[=+@\t]/.test(plain) || /^-(?!\d)/.test(plain) ? `'${plain}` : plain; // no cell becomes a formula
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function table(figure) {
  const title = figure.querySelector("h2").textContent;
  const rows = [...figure.querySelectorAll("table tr")].map((row) => [...row.cells].map((cell) => quoted(cell.textContent)).join(","));
  const source = figure.querySelector("figcaption").textContent;
  const text = ["\ufeff" + rows.join("\r\n"), "", quoted(title), quoted(source), ""].join("\r\n");
  save(new Blob([text], { type: "text/csv;charset=utf-8" }), `${title}.csv`);
}

document.addEventListener("click", (event) => {
  const figure = event.target.closest?.("[data-chart]");
  if (!figure) return;
  if (event.target.closest("[data-chart-image]")) image(figure);
  if (event.target.closest("[data-chart-table]")) table(figure);
});
document.addEventListener("htmx:afterSettle", () => drawAll());
new MutationObserver(() => { for (const figure of drawn.keys()) paint(figure); }).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
drawAll();
