/** What {@link mountSliceViewer} shows. */
export interface ViewerSpec {
  /** Titles of the masks, in order. */
  readonly titles: readonly string[];
  /** Index of the truth among them; -1 where there is none. */
  readonly truth: number;
  readonly classes: readonly { readonly name: string; readonly colour: string }[];
  readonly start: number;
  readonly window: { readonly low: number; readonly high: number };
  readonly presets: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
  }[];
  readonly unit: string;
  /** Intensity by grey value. */
  readonly intensities: readonly number[];
  /** Slice pixels per picture pixel. */
  readonly factor: number;
  readonly slices: readonly {
    readonly id: string;
    readonly height: number;
    readonly width: number;
    readonly scan: string;
    readonly masks: readonly { readonly picture: string; readonly caption: string }[];
  }[];
}

/**
 * Builds the viewer in the page.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 */
export function mountSliceViewer(id: string, spec: ViewerSpec): void {
  interface Loaded {
    readonly grey: Uint8ClampedArray;
    readonly greyWidth: number;
    readonly labels: readonly Uint8ClampedArray[];
  }
  const make = <K extends keyof HTMLElementTagNameMap>(
    tag: K,
    css: string,
    text = "",
  ): HTMLElementTagNameMap[K] => {
    const element = document.createElement(tag);
    element.style.cssText = css;
    element.textContent = text;
    return element;
  };
  const readPixels = async (source: string): Promise<{ red: Uint8ClampedArray; width: number }> => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = make("canvas", "");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("This browser has no canvas.");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const red = new Uint8ClampedArray(data.length / 4);
    for (let i = 0; i < red.length; i++) red[i] = data[4 * i];
    return { red, width: canvas.width };
  };
  const colours = spec.classes.map(({ colour }) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  const differences = [
    { name: "correct", colour: [255, 255, 255] },
    { name: "false alarm", colour: [230, 159, 0] },
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
    const cache = new Map<number, Promise<Loaded>>();
    const load = (index: number): Promise<Loaded> => {
      const known = cache.get(index);
      if (known !== undefined) return known;
      const slice = spec.slices[index];
      const loading = Promise.all(
        [slice.scan, ...slice.masks.map(({ picture }) => picture)].map(readPixels),
      ).then(([scan, ...masks]) => ({
        grey: scan.red,
        greyWidth: scan.width,
        labels: masks.map(({ red }) => red),
      }));
      cache.set(index, loading);
      const oldest = cache.keys().next().value;
      if (cache.size > 48 && oldest !== undefined) cache.delete(oldest);
      return loading;
    };

    const panelTitles = ["Scan", ...spec.titles];
    const panels = panelTitles.map((title) => {
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

    const isRight = (label: number, truth: number): boolean => label === truth;
    const paint = (
      canvas: HTMLCanvasElement,
      slice: ViewerSpec["slices"][number],
      loaded: Loaded,
      mask: number,
    ): void => {
      const { width, height } = slice;
      canvas.width = width;
      canvas.height = height;
      const context = canvas.getContext("2d");
      if (context === null) return;
      const image = context.createImageData(width, height);
      const { data } = image;
      const scale = 255 / (state.high - state.low || 1);
      const shade = spec.intensities.map((value) =>
        Math.min(255, Math.max(0, (value - state.low) * scale)),
      );
      const labels = loaded.labels[mask];
      const truth = loaded.labels[spec.truth];
      const isDifference =
        state.isDifference && mask >= 0 && mask !== spec.truth && spec.truth >= 0;
      const kindAt = (at: number): number => {
        const label = labels[at];
        if (!isDifference) return label;
        if (isRight(label, truth[at])) return label === 0 ? 0 : 1;
        return label === 0 ? 3 : 2;
      };
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const at = row * width + column;
          const grey =
            shade[
              loaded.grey[
                Math.floor(row / spec.factor) * loaded.greyWidth + Math.floor(column / spec.factor)
              ]
            ];
          let [r, g, b] = [grey, grey, grey];
          const kind = labels === undefined ? 0 : kindAt(at);
          const isShown = kind > 0 && (isDifference || state.shown[kind - 1] === true);
          if (isShown) {
            const isEdge =
              row === 0 ||
              column === 0 ||
              row === height - 1 ||
              column === width - 1 ||
              kindAt(at - 1) !== kind ||
              kindAt(at + 1) !== kind ||
              kindAt(at - width) !== kind ||
              kindAt(at + width) !== kind;
            const colour = isDifference
              ? differences[kind - 1].colour
              : (colours[kind - 1] ?? [255, 255, 255]);
            const alpha = isEdge
              ? Math.min(1, state.opacity + 0.4)
              : state.isOutline
                ? 0
                : state.opacity;
            r += (colour[0] - r) * alpha;
            g += (colour[1] - g) * alpha;
            b += (colour[2] - b) * alpha;
          }
          data[4 * at] = r;
          data[4 * at + 1] = g;
          data[4 * at + 2] = b;
          data[4 * at + 3] = 255;
        }
      }
      context.putImageData(image, 0, 0);
    };
    /** Mean Dice over the classes that truth or prediction has. */
    const diceText = (labels: Uint8ClampedArray, truth: Uint8ClampedArray): string => {
      const counts = spec.classes.map(() => [0, 0]);
      for (let i = 0; i < labels.length; i++) {
        const [label, wanted] = [labels[i], truth[i]];
        if (label > 0 && counts[label - 1] !== undefined) counts[label - 1][1]++;
        if (wanted > 0 && counts[wanted - 1] !== undefined) counts[wanted - 1][1]++;
        if (label > 0 && label === wanted && counts[label - 1] !== undefined)
          counts[label - 1][0]++;
      }
      const scores = counts.filter(([, sum]) => sum > 0).map(([both, sum]) => (2 * both) / sum);
      if (scores.length === 0) return "no lesion, none predicted";
      return `Dice ${(scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(2)}`;
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
            ? diceText(loaded.labels[mask], truth)
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

    const row = (): HTMLDivElement =>
      make("div", "display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin:0 0 6px");
    const labelled = (text: string, input: HTMLElement): HTMLLabelElement => {
      const label = make("label", "display:inline-flex;gap:6px;align-items:center");
      label.append(text, input);
      return label;
    };
    const range = (
      low: number,
      high: number,
      step: number,
      value: number,
      css: string,
    ): HTMLInputElement => {
      const input = make("input", css);
      input.type = "range";
      input.min = String(low);
      input.max = String(high);
      input.step = String(step);
      input.value = String(value);
      return input;
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
    const numberInput = (value: number): HTMLInputElement => {
      const input = make("input", "width:6em");
      input.type = "number";
      input.step = String(step);
      input.value = String(value);
      return input;
    };
    const tidy = (value: number): number => Number(value.toPrecision(6));
    const level = numberInput(tidy((state.low + state.high) / 2));
    const width = numberInput(tidy(state.high - state.low));
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
    const checkbox = (
      text: string,
      colour: string | null,
      isOn: boolean,
      change: (on: boolean) => void,
    ): void => {
      const box = make("input", "");
      box.type = "checkbox";
      box.checked = isOn;
      box.addEventListener("change", () => {
        change(box.checked);
        redraw();
      });
      const label = make("label", "display:inline-flex;gap:5px;align-items:center;cursor:pointer");
      label.append(box);
      if (colour !== null) {
        const sample = make(
          "span",
          `width:12px;height:12px;background:${colour};outline:1px solid #8888`,
        );
        sample.setAttribute("aria-hidden", "true");
        label.append(sample);
      } else label.className = "layerbook-control";
      label.append(text);
      third.append(label);
    };
    if (spec.titles.length > 0) {
      spec.classes.forEach(({ name, colour }, index) => {
        checkbox(name, colour, true, (on) => (state.shown[index] = on));
      });
      checkbox("outline only", null, false, (on) => (state.isOutline = on));
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
        entry.append(
          make(
            "span",
            `width:12px;height:12px;background:rgb(${colour.join(",")});outline:1px solid #8888`,
          ),
          name,
        );
        key.append(entry);
      }
      checkbox("differences", null, false, (on) => {
        state.isDifference = on;
        key.style.display = on ? "flex" : "none";
      });
      third.append(key);
    }

    const body = make("div", "font:13px system-ui,sans-serif;color:inherit;max-width:1100px");
    const panelRow = make("div", "display:flex;flex-wrap:wrap;gap:8px");
    panelRow.className = "layerbook-panels";
    panelRow.append(...panels.map(({ box }) => box));
    // Paper has nothing to click, and all panels of a slice belong in one row.
    const print = document.createElement("style");
    print.textContent =
      "@media print { .layerbook-viewer .layerbook-control, .layerbook-viewer input[type=checkbox] { display: none !important }" +
      " .layerbook-viewer input, .layerbook-viewer select { border: 0; appearance: none; background: none }" +
      " .layerbook-panels { align-items: flex-end } .layerbook-panels > div { flex: 1 1 0 !important; min-width: 0 !important } }";
    body.append(print, first, second, third, panelRow);
    // JupyterLab would take arrow keys for moving between cells. It looks at the focused element alone.
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
