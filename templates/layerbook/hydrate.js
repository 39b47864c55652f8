// Makes the static pictures of charts interactive if the page has plotly.js.
// Print uses the static pictures: plotly charts would be cut off at the paper's edge.
(function () {
  "use strict";

  // The colours of whiskers on bars and of their halo, which are adapted to the theme; see src/viz/whiskers.ts.
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

  // The minimum width for two plots side by side; on a phone they are stacked.
  const SIDE_BY_SIDE = 520;

  // Fits a figure into a box of the given width.
  function fitted(data, layout, width) {
    return width >= SIDE_BY_SIDE
      ? withShortNames(data, layout, 36)
      : withShortNames(data, inColumn(layout), 18);
  }

  // Wraps row names, since on one line they leave no room for the bars.
  function withShortNames(data, layout, length) {
    const names = [
      ...new Set(data.filter(({ orientation }) => orientation === "h").flatMap(({ y }) => y)),
    ].filter((name) => typeof name === "string");
    if (names.every((name) => name.length <= length)) return layout;
    const texts = names.map((name) => inLines(name, length));
    const lines = Math.max(...texts.map((text) => text.split("<br>").length));
    return {
      ...layout,
      margin: { ...layout.margin, l: 10 },
      yaxis: { ...layout.yaxis, tickmode: "array", tickvals: names, ticktext: texts },
      height: (layout.height ?? 380) + names.length * (lines - 1) * 14,
    };
  }

  function inLines(text, length) {
    return text
      .replace(/\(n = (\d+)\)/, "(n\u00a0=\u00a0$1)")
      .split(" ")
      .reduce(
        (lines, word) => {
          const last = lines[lines.length - 1];
          if (last === "" || last.length + 1 + word.length <= length) {
            lines[lines.length - 1] = `${last} ${word}`.trim();
          } else lines.push(word);
          return lines;
        },
        [""],
      )
      .join("<br>");
  }

  // Stacks plots that are side by side.
  function inColumn(layout) {
    const domainOf = (axis) => layout[axis].domain ?? [0, 1];
    const columns = Object.keys(layout)
      .filter((key) => /^xaxis\d*$/.test(key))
      .map((x) => ({ x, y: `yaxis${x.slice(5)}` }))
      .filter(({ y }) => layout[y] !== undefined)
      .sort((a, b) => domainOf(a.x)[0] - domainOf(b.x)[0]);
    const isRow = columns.every(({ x, y }, index) => {
      const [low, high] = domainOf(y);
      return low === 0 && high === 1 && (index === 0 || domainOf(x)[0] > 0);
    });
    if (columns.length < 2 || !isRow) return layout;
    const gap = 0.24 / columns.length;
    const share = (1 - gap * (columns.length - 1)) / columns.length;
    const axes = columns.flatMap(({ x, y }, index) => {
      const top = 1 - index * (share + gap);
      return [
        [x, { ...layout[x], domain: [0, 1] }],
        [y, { ...layout[y], domain: [Math.max(0, top - share), top] }],
      ];
    });
    const height = (layout.height ?? 380) * 0.8 * columns.length;
    return { ...layout, ...Object.fromEntries(axes), height };
  }

  function hydrate(figure) {
    const script = figure.querySelector('script[type="application/json"]');
    const picture = figure.querySelector("svg");
    if (script === null || picture === null || figure.dataset.mounted !== undefined) return;
    figure.dataset.mounted = "";
    const { data, layout } = JSON.parse(script.textContent);
    const box = document.createElement("div");
    // A group, not an image, because it contains plotly's buttons.
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", picture.getAttribute("aria-label") ?? "");
    const draw = () => {
      const theme = colours(figure);
      const shape = fitted(data, layout, figure.clientWidth || Infinity);
      // The container has a fixed size, so that a hidden tab cannot shrink the figure.
      box.style.cssText = `width:100%;max-width:${shape.width ?? 760}px;height:${shape.height ?? 380}px`;
      window.Plotly.newPlot(box, themedTraces(data, theme), themed(shape, theme), {
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
    matchMedia(`(min-width: ${SIDE_BY_SIDE}px)`).addEventListener("change", draw);
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
