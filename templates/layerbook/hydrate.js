// Turns the static pictures of charts into interactive ones where the page has plotly.js.
// A print shows the static pictures: plotly would be cut at the paper's edge.
(function () {
  "use strict";

  // Of whiskers on bars, and of the halo around them, as src/viz/whiskers.ts has them for a theme that it cannot know.
  const WHISKER = "#333333";
  const HALO = "rgba(255,255,255,0.9)";

  function colours(element) {
    const text = getComputedStyle(element).color;
    const faint = (colour, alpha) =>
      colour.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, `rgba($1,$2,$3,${alpha})`);
    const page = getComputedStyle(document.body).backgroundColor;
    const isTransparent = /, 0\)$/.test(page);
    return {
      text,
      grid: faint(text, 0.15),
      halo: isTransparent ? page : faint(page, 0.9),
    };
  }

  function themedTraces(data, { text, halo }) {
    const recolour = (error) => {
      if (error?.color === WHISKER) return { ...error, color: text };
      return error?.color === HALO ? { ...error, color: halo } : error;
    };
    return data.map((trace) => {
      const errors = ["error_x", "error_y"].filter((key) => trace[key] !== undefined);
      return { ...trace, ...Object.fromEntries(errors.map((key) => [key, recolour(trace[key])])) };
    });
  }

  function themed(layout, { text, grid }) {
    const axes = Object.keys(layout)
      .filter((key) => /^[xy]axis\d*$/.test(key))
      .map((key) => [key, { ...layout[key], gridcolor: grid, zerolinecolor: grid }]);
    const themedLayout = {
      ...layout,
      ...Object.fromEntries(axes),
      autosize: true,
      font: { ...layout.font, color: text },
    };
    delete themedLayout.width;
    return themedLayout;
  }

  function hydrate(figure) {
    const script = figure.querySelector('script[type="application/json"]');
    const picture = figure.querySelector("svg");
    if (script === null || picture === null || figure.dataset.mounted !== undefined) return;
    figure.dataset.mounted = "";
    const { data, layout } = JSON.parse(script.textContent);
    const box = document.createElement("div");
    // A group and not a picture: plotly's buttons are inside.
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", picture.getAttribute("aria-label") ?? "");
    // The container has the size, so that a hidden tab cannot shrink the figure.
    box.style.cssText = `width:100%;max-width:${layout.width ?? 760}px;height:${layout.height ?? 380}px`;
    const draw = () => {
      const theme = colours(figure);
      window.Plotly.newPlot(box, themedTraces(data, theme), themed(layout, theme), {
        responsive: true,
        displaylogo: false,
        displayModeBar: "hover",
      });
    };
    const show = () => {
      picture.replaceWith(box);
      draw();
    };
    show();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("beforeprint", () => {
      window.Plotly.purge(box);
      box.replaceWith(picture);
    });
    addEventListener("afterprint", show);
  }

  addEventListener("DOMContentLoaded", () => {
    if (window.Plotly === undefined) return;
    document.querySelectorAll("figure.layerbook-figure").forEach(hydrate);
  });
})();
