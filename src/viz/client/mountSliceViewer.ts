import type { Controls } from "./controls";
import type { LoadedSlice } from "./loadSlices";
import type { PaintedSlice } from "./paintSlice";
import type { ViewerSpec } from "./ViewerSpec";

/** Functions of this folder that are embedded with {@link mountSliceViewer}. */
export interface ViewerTools {
  readonly makeControls: () => Controls;
  readonly loadSlices: (spec: ViewerSpec) => (index: number) => Promise<LoadedSlice>;
  readonly paintSlice: (pixels: Uint8ClampedArray, slice: PaintedSlice) => void;
  readonly describeDice: (
    labels: ArrayLike<number>,
    truth: ArrayLike<number>,
    classCount: number,
  ) => string;
}

/**
 * Creates the viewer in the page.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 */
export function mountSliceViewer(id: string, spec: ViewerSpec, tools: ViewerTools): void {
  const { make, row, labelled, range, numberInput, checkbox, sample } = tools.makeControls();
  const colours = spec.classes.map(({ colour }) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  const differences = [
    { name: "correct", colour: [255, 255, 255] },
    { name: "false positive", colour: [230, 159, 0] },
    { name: "missed", colour: [0, 114, 178] },
  ];

  const mount = (root: Element): void => {
    const state = {
      index: spec.start,
      low: spec.window.low,
      high: spec.window.high,
      opacity: 0.45,
      isOutline: false,
      isDifference: false,
      shown: spec.classes.map(() => true),
    };
    const load = tools.loadSlices(spec);
    const panels = ["Scan", ...spec.titles].map((title) => {
      const box = make("div", "flex:1 1 200px;max-width:420px;min-width:140px");
      const heading = make("div", "font-weight:600;text-align:center", title);
      const canvas = make(
        "canvas",
        "width:100%;display:block;background:#000;image-rendering:auto",
      );
      canvas.setAttribute("role", "img");
      canvas.tabIndex = 0;
      const caption = make("div", "text-align:center;min-height:1.3em;opacity:.8");
      box.append(heading, canvas, caption);
      return { box, canvas, caption, title };
    });

    const paint = (
      canvas: HTMLCanvasElement,
      { width, height }: ViewerSpec["slices"][number],
      { grey, greyWidth, labels }: LoadedSlice,
      mask: number,
    ): void => {
      canvas.width = width;
      canvas.height = height;
      const context = canvas.getContext("2d");
      if (context === null) return;
      const image = context.createImageData(width, height);
      const scale = 255 / (state.high - state.low || 1);
      const isDifference =
        state.isDifference && mask >= 0 && mask !== spec.truth && spec.truth >= 0;
      tools.paintSlice(image.data, {
        ...{ height, width, grey, greyWidth, factor: spec.factor },
        shade: spec.intensities.map((value) =>
          Math.min(255, Math.max(0, (value - state.low) * scale)),
        ),
        labels: labels[mask],
        truth: isDifference ? labels[spec.truth] : undefined,
        colours: isDifference
          ? differences.map(({ colour }) => colour)
          : colours.map((colour, index) => (state.shown[index] ? colour : null)),
        ...{ opacity: state.opacity, isOutline: state.isOutline },
      });
      context.putImageData(image, 0, 0);
    };

    let turn = 0;
    const draw = async (): Promise<void> => {
      const mine = ++turn;
      const slice = spec.slices[state.index];
      const loaded = await load(state.index);
      if (mine !== turn) return;
      panels.forEach(({ canvas, caption, title }, panel) => {
        const mask = panel - 1;
        paint(canvas, slice, loaded, mask);
        const truth = loaded.labels[spec.truth];
        const own = mask < 0 ? "" : slice.masks[mask].caption;
        caption.textContent =
          own ||
          (mask >= 0 && truth !== undefined && mask !== spec.truth
            ? tools.describeDice(loaded.labels[mask], truth, spec.classes.length)
            : "");
        canvas.setAttribute("aria-label", `${title} of ${slice.id}. ${caption.textContent}`);
      });
      place.textContent = `${slice.id} (${state.index + 1} of ${spec.slices.length})`;
      for (const next of [state.index + 1, state.index - 1]) {
        if (spec.slices[next] !== undefined) void load(next);
      }
    };
    const redraw = (): void => void draw();
    const go = (index: number): void => {
      state.index = Math.min(spec.slices.length - 1, Math.max(0, index));
      slider.value = String(state.index);
      redraw();
    };

    const slider = range(
      0,
      spec.slices.length - 1,
      1,
      state.index,
      "flex:1 1 200px;min-width:120px",
    );
    slider.addEventListener("input", () => go(Number(slider.value)));
    const place = make("output", "min-width:9em");
    place.setAttribute("aria-live", "polite");
    const first = row();
    const sliceLabel = labelled("Slice", slider);
    sliceLabel.style.flex = "1 1 260px";
    sliceLabel.className = "layerbook-control";
    first.append(sliceLabel, place);

    const second = row();
    const span = spec.intensities[spec.intensities.length - 1] - spec.intensities[0];
    const step = span > 20 ? 1 : span / 200;
    const tidy = (value: number): number => Number(value.toPrecision(6));
    const level = numberInput(tidy((state.low + state.high) / 2), step);
    const width = numberInput(tidy(state.high - state.low), step);
    const setWindow = (low: number, high: number): void => {
      state.low = low;
      state.high = high;
      level.value = String(tidy((low + high) / 2));
      width.value = String(tidy(high - low));
      redraw();
    };
    const readWindow = (): void => {
      const [middle, size] = [Number(level.value), Math.max(step, Number(width.value))];
      state.low = middle - size / 2;
      state.high = middle + size / 2;
      redraw();
    };
    level.addEventListener("input", readWindow);
    width.addEventListener("input", readWindow);
    if (spec.presets.length > 0) {
      const select = make("select", "");
      for (const { name } of spec.presets) select.append(new Option(name, name));
      select.append(new Option("own", "own"));
      const current = spec.presets.find(
        ({ low, high }) => low === state.low && high === state.high,
      );
      select.value = current?.name ?? "own";
      select.addEventListener("change", () => {
        const preset = spec.presets.find(({ name }) => name === select.value);
        if (preset !== undefined) setWindow(preset.low, preset.high);
      });
      for (const input of [level, width])
        input.addEventListener("input", () => (select.value = "own"));
      second.append(labelled("Window", select));
    }
    const unit = spec.unit === "" ? "" : ` (${spec.unit})`;
    second.append(labelled(`Level${unit}`, level), labelled(`Width${unit}`, width));

    const third = row();
    const addCheckbox = (
      text: string,
      colour: string | null,
      isOn: boolean,
      change: (on: boolean) => void,
    ): void => {
      const label = checkbox(text, colour, isOn, (on) => {
        change(on);
        redraw();
      });
      third.append(label);
    };
    if (spec.titles.length > 0) {
      spec.classes.forEach(({ name, colour }, index) => {
        addCheckbox(name, colour, true, (on) => (state.shown[index] = on));
      });
      addCheckbox("outline only", null, false, (on) => (state.isOutline = on));
      const opacity = range(0, 1, 0.05, state.opacity, "width:90px");
      opacity.addEventListener("input", () => {
        state.opacity = Number(opacity.value);
        redraw();
      });
      const label = labelled("Opacity", opacity);
      label.className = "layerbook-control";
      third.append(label);
    }
    const key = make("div", "display:none;gap:14px");
    if (spec.truth >= 0 && spec.titles.length > 1) {
      for (const { name, colour } of differences) {
        const entry = make("span", "display:inline-flex;gap:5px;align-items:center");
        entry.append(sample(`rgb(${colour.join(",")})`), name);
        key.append(entry);
      }
      addCheckbox("differences", null, false, (on) => {
        state.isDifference = on;
        key.style.display = on ? "flex" : "none";
      });
      third.append(key);
    }

    const body = make("div", "font:13px system-ui,sans-serif;color:inherit;max-width:1100px");
    const panelRow = make("div", "display:flex;flex-wrap:wrap;gap:8px");
    panelRow.className = "layerbook-panels";
    panelRow.append(...panels.map(({ box }) => box));
    // In print, hide the controls and put all panels of a slice in one row.
    const print = document.createElement("style");
    print.textContent =
      "@media print { .layerbook-viewer .layerbook-control, .layerbook-viewer input[type=checkbox] { display: none !important }" +
      " .layerbook-viewer input, .layerbook-viewer select { border: 0; appearance: none; background: none }" +
      " .layerbook-panels { align-items: flex-end } .layerbook-panels > div { flex: 1 1 0 !important; min-width: 0 !important } }";
    body.append(print, first, second, third, panelRow);
    // Stops JupyterLab from using arrow keys to move between cells; it checks only the focused element.
    body.querySelectorAll("input, select, canvas").forEach((element) => {
      element.setAttribute("data-lm-suppress-shortcuts", "true");
    });
    body.addEventListener("keydown", (event) => {
      if (!(event.target instanceof HTMLCanvasElement)) return;
      const move = {
        ArrowUp: 1,
        ArrowRight: 1,
        ArrowDown: -1,
        ArrowLeft: -1,
        PageUp: 10,
        PageDown: -10,
      }[event.key];
      if (move === undefined) return;
      event.preventDefault();
      go(state.index + move);
    });
    void draw().then(() => root.replaceChildren(body));
  };

  for (const root of Array.from(document.querySelectorAll(`[data-layerbook="${id}"]`))) {
    if (root.hasAttribute("data-mounted")) continue;
    root.setAttribute("data-mounted", "");
    mount(root);
  }
}
