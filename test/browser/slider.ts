/** A cell that creates a slider whose value is shared by the cell's code and the page. */
export const SLIDER_CELL = `const slider = widget({
  esm: \`
    function render({ model, el }) {
      const input = document.createElement("input");
      Object.assign(input, { type: "range", min: 0, max: 100 });
      input.setAttribute("aria-label", "Slice");
      const output = document.createElement("output");
      const show = () => {
        input.value = model.get("value");
        output.textContent = "slice " + model.get("value") + " of " + new Uint8Array(model.get("sizes").buffer).join("/");
      };
      input.addEventListener("input", () => {
        model.set("value", Number(input.value));
        model.save_changes();
      });
      model.on("change:value", show);
      show();
      el.classList.add("slider-demo");
      el.append(input, output);
    }
    export default { render };
  \`,
  css: ".slider-demo { display: flex; gap: 12px; font: 14px system-ui; }",
  state: { value: 30, sizes: new Uint8Array([100, 7]) },
});
const seen: number[] = [];
slider.on("change:value", ({ value }) => {
  seen.push(value);
  display(\`the kernel has \${value}\`, { id: "readout" });
});
display("the kernel has 30", { id: "readout" });
slider`;
