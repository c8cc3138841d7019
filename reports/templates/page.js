"use strict";
// Draws the charts. Plotly is inflated from a data island and run under its own hash; nothing is fetched.
(async () => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const island = document.getElementById("plotly");
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

  const draw = async ({ pause } = {}) => {
    for (const [id, chart] of Object.entries(charts)) {
      const place = document.getElementById(id);
      if (!place) continue;
      const layout = themed(coloured(chart.layout));
      layout.height = chart.height;
      Plotly.react(place, coloured(chart.data), layout, { responsive: true, displayModeBar: false });
      // The page stays responsive while it fills; a change to print must not wait.
      if (pause) await new Promise((go) => setTimeout(go));
    }
  };

  if (island && typeof DecompressionStream === "function") {
    const packed = Uint8Array.from(atob(island.textContent.trim()), (letter) => letter.charCodeAt(0));
    const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(inflated).text();
    document.head.append(script);
    await draw({ pause: true });
    dark.addEventListener("change", () => draw());
    printing.addEventListener("change", () => draw());
  }

  const filter = document.getElementById("flag-filter");
  if (filter) {
    const items = [...document.querySelectorAll("#flag-list > .decision")];
    const fields = ["code", "severity", "search"].map((name) => filter.querySelector(`[name=${name}]`));
    const words = items.map((item) => item.textContent.toLowerCase());
    const apply = () => {
      const [code, severity, search] = fields;
      const wanted = search.value.trim().toLowerCase();
      let shown = 0;
      items.forEach((item, i) => {
        item.hidden = !(
          (!code.value || item.dataset.codes.split(" ").includes(code.value)) &&
          (!severity.value || item.dataset.severity === severity.value) &&
          (!wanted || words[i].includes(wanted))
        );
        shown += !item.hidden;
      });
      filter.querySelector("output").textContent = `${shown} / ${items.length}`;
    };
    filter.hidden = false;
    filter.addEventListener("input", apply);
    // A link to a hidden decision shows it again.
    addEventListener("hashchange", () => {
      const target = items.find((item) => "#" + item.id === location.hash);
      if (target && target.hidden) {
        for (const field of fields) field.value = "";
        apply();
        target.scrollIntoView();
      }
    });
    apply();
  }

  const open = [];
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      open.push(part);
    }
  });
  addEventListener("afterprint", () => {
    while (open.length) open.pop().open = false;
  });
  document.documentElement.dataset.ready = "true";
})();
