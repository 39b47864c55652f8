// Turns the static pictures of charts into interactive ones where the page has plotly.js.
// A print shows the static pictures: plotly would be cut at the paper's edge.
(function () {
  "use strict";

  function colours(element) {
    const text = getComputedStyle(element).color;
    return {
      text,
      grid: text.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, "rgba($1,$2,$3,0.15)"),
    };
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
    const show = () => {
      picture.replaceWith(box);
      window.Plotly.newPlot(box, data, themed(layout, colours(figure)), {
        responsive: true,
        displaylogo: false,
        displayModeBar: "hover",
      });
    };
    show();
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
