/** A class that can be switched on and off. */
export interface ToggledClass {
  readonly name: string;
  readonly colour: string;
}

/**
 * Turns the static pictures of a figure into inline SVG in the page's colours, with a checkbox per
 * class and a choice between fill and outline.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 */
export function mountToggles(id: string, classes: readonly ToggledClass[]): void {
  for (const root of Array.from(document.querySelectorAll(`[data-layerbook="${id}"]`))) {
    const image = root.querySelector("img");
    if (image === null || root.hasAttribute("data-mounted")) continue;
    root.setAttribute("data-mounted", "");
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (char) => char.charCodeAt(0));
    const holder = document.createElement("div");
    holder.style.overflowX = "auto";
    holder.innerHTML = new TextDecoder().decode(bytes);
    const svg = holder.querySelector("svg");
    if (svg === null) continue;
    svg.removeAttribute("color");
    svg.querySelector(".lb-page")?.remove();
    // The checkboxes replace the legend.
    const key = svg.querySelector(".lb-key");
    const { width, height } = svg.viewBox.baseVal;
    const above = Number(key?.getAttribute("data-height") ?? 0);
    svg.setAttribute("viewBox", `0 ${above} ${width} ${height - above}`);
    svg.setAttribute("height", String(height - above));
    key?.remove();
    // A phone scrolls a wide row: JupyterLab's own style would shrink its panels to thumbnails.
    svg.style.minWidth = `${Math.round(0.6 * width)}px`;
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", "Pictures");
    image.replaceWith(holder);

    const controls = document.createElement("fieldset");
    controls.style.cssText =
      "border:0;margin:0 0 4px;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px;font:13px system-ui,sans-serif;color:inherit";
    const addCheckbox = (
      text: string,
      colour: string | null,
      isOn: boolean,
      change: (on: boolean) => void,
    ): void => {
      const label = document.createElement("label");
      label.style.cssText = "display:inline-flex;align-items:center;gap:5px;cursor:pointer";
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = isOn;
      box.addEventListener("change", () => change(box.checked));
      label.append(box);
      if (colour !== null) {
        const sample = document.createElement("span");
        sample.setAttribute("aria-hidden", "true");
        sample.style.cssText = `width:12px;height:12px;background:${colour};outline:1px solid #8888`;
        label.append(sample);
      } else label.className = "layerbook-control";
      label.append(text);
      controls.append(label);
    };
    const each = (selector: string, act: (region: SVGElement) => void): void =>
      svg.querySelectorAll<SVGElement>(selector).forEach(act);
    classes.forEach(({ name, colour }, index) => {
      addCheckbox(name, colour, true, (on) => {
        each(`.lb-class-${index + 1}`, (region) => {
          region.style.display = on ? "" : "none";
        });
      });
    });
    // Scans without masks have nothing to outline.
    if (svg.querySelector(".lb-region") !== null) {
      addCheckbox("outline only", null, false, (on) => {
        each(".lb-region", (region) => {
          region.style.fillOpacity = on ? "0" : "";
        });
      });
    }
    // Stops JupyterLab from using keys as shortcuts; it checks only the focused element.
    controls.querySelectorAll("input").forEach((input) => {
      input.setAttribute("data-lm-suppress-shortcuts", "true");
    });
    // Hide the controls in print.
    const print = document.createElement("style");
    print.textContent =
      "@media print { .layerbook-masks .layerbook-control, .layerbook-masks input { display: none !important } }";
    controls.prepend(print);
    root.prepend(controls);
  }
}
