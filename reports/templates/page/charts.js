// Draws a chart once it comes into sight. Plotly is inflated from a data island when the first one does, or when the page
// has nothing else to do, and runs under its own hash; nothing is fetched.
const charts = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
// The colours of the figures (charts.py), by the variable that holds each in the theme in force.
const names = {
  "#0072b2": "blue", "#d98200": "orange", "#008a63": "green", "#b5588f": "purple",
  "#3f9fd8": "sky", "#c94f00": "vermillion", "#7b8794": "grey", "#8c98a4": "muted",
};
const coloured = (value) => {
  if (typeof value === "string") return value in names ? css(names[value]) : value;
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, coloured(part)]));
  return value;
};
const themed = (layout) => {
  const axis = { gridcolor: css("line"), linecolor: css("line"), tickcolor: css("line"), fixedrange: true };
  return {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: css("ink"), size: 12.5, family: getComputedStyle(document.body).fontFamily },
    hoverlabel: { bgcolor: css("wash"), bordercolor: css("line"), font: { color: css("ink") } },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
};

const inflate = async (packed) => {
  const bytes = Uint8Array.from(atob(packed.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
};

const drawn = new Set();
const draw = (place) => {
  const chart = charts[place.id];
  if (!chart || !globalThis.Plotly) return;
  const height = printing.matches ? chart.on_paper : chart.height;
  place.style.height = `${height}px`;
  const layout = { ...themed(coloured(chart.layout)), height };
  Plotly.react(place, coloured(chart.data), layout, { responsive: true, displayModeBar: false });
  drawn.add(place);
};

let loading;
const loadPlotly = () =>
  (loading ??= (async () => {
    const island = document.getElementById("plotly");
    if (island) {
      const script = document.createElement("script");
      script.textContent = await inflate(island.textContent);
      document.head.append(script);
    }
    document.documentElement.dataset.charts = "ready";
  })());

const plots = [...document.querySelectorAll(".plot")];
if (typeof DecompressionStream === "function") {
  const sight = new IntersectionObserver(
    async (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
      if (!seen.length) return;
      await loadPlotly();
      for (const place of seen) {
        sight.unobserve(place);
        if (!drawn.has(place)) draw(place);
        // The page stays responsive while it fills.
        await new Promise((go) => setTimeout(go));
      }
    },
    { rootMargin: "300px" },
  );
  for (const place of plots) sight.observe(place);
  const again = () => drawn.forEach(draw);
  dark.addEventListener("change", again);
  printing.addEventListener("change", again);
  // Paper waits for nothing, so Plotly is ready before anybody prints.
  addEventListener("beforeprint", () => plots.forEach(draw));
  (globalThis.requestIdleCallback ?? setTimeout)(() => loadPlotly());
}
