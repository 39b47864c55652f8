/** The building blocks of the slice viewer's controls. */
export interface Controls {
  readonly make: <K extends keyof HTMLElementTagNameMap>(
    tag: K,
    css: string,
    text?: string,
  ) => HTMLElementTagNameMap[K];
  /** A line of controls. */
  readonly row: () => HTMLDivElement;
  readonly labelled: (text: string, input: HTMLElement) => HTMLLabelElement;
  readonly range: (
    low: number,
    high: number,
    step: number,
    value: number,
    css: string,
  ) => HTMLInputElement;
  readonly numberInput: (value: number, step: number) => HTMLInputElement;
  readonly checkbox: (
    text: string,
    colour: string | null,
    isOn: boolean,
    change: (on: boolean) => void,
  ) => HTMLLabelElement;
  /** A coloured square. */
  readonly sample: (colour: string) => HTMLSpanElement;
}

/**
 * Creates the controls in the page's document.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 */
export function makeControls(): Controls {
  const make: Controls["make"] = (tag, css, text = "") => {
    const element = document.createElement(tag);
    element.style.cssText = css;
    element.textContent = text;
    return element;
  };
  const row = (): HTMLDivElement =>
    make("div", "display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin:0 0 6px");
  const labelled: Controls["labelled"] = (text, input) => {
    const label = make("label", "display:inline-flex;gap:6px;align-items:center");
    label.append(text, input);
    return label;
  };
  const range: Controls["range"] = (low, high, step, value, css) => {
    const input = make("input", css);
    input.type = "range";
    input.min = String(low);
    input.max = String(high);
    input.step = String(step);
    input.value = String(value);
    return input;
  };
  const numberInput: Controls["numberInput"] = (value, step) => {
    const input = make("input", "width:6em");
    input.type = "number";
    input.step = String(step);
    input.value = String(value);
    return input;
  };
  const sample = (colour: string): HTMLSpanElement => {
    const square = make(
      "span",
      `width:12px;height:12px;background:${colour};outline:1px solid #8888`,
    );
    square.setAttribute("aria-hidden", "true");
    return square;
  };
  const checkbox: Controls["checkbox"] = (text, colour, isOn, change) => {
    const box = make("input", "");
    box.type = "checkbox";
    box.checked = isOn;
    box.addEventListener("change", () => change(box.checked));
    const label = make("label", "display:inline-flex;gap:5px;align-items:center;cursor:pointer");
    label.append(box);
    if (colour !== null) label.append(sample(colour));
    else label.className = "layerbook-control";
    label.append(text);
    return label;
  };
  return { make, row, labelled, range, numberInput, checkbox, sample };
}
