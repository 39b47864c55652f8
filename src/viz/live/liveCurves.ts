import { displayBundle } from "../../display";
import { displayHost } from "../../display/host";
import { escapeHtml } from "../../display/html";
import type { EpochRecord } from "../../experiments/training/checkpoint";
import type { TrainingCallback } from "../../experiments/training/events";
import { trainingCurves } from "../charts/trainingCurves";
import { chartSvg } from "../svg/chartSvg";
import { scrollable } from "../svg/scrollable";
import { INHERIT } from "../svg/markup";

let made = 0;

/**
 * A callback for `fit` that draws loss and validation Dice in the cell and redraws them after each
 * epoch. When the training ends, the interactive figure replaces them. In a terminal it does
 * nothing: the progress bar is shown there.
 *
 * @example
 * const callbacks = [liveCurves()];
 * callbacks.length; // 1
 */
export function liveCurves(): TrainingCallback {
  const id = `layerbook-curves-${++made}-${Date.now().toString(36)}`;
  let model = "";
  let total = 0;
  let records: EpochRecord[] = [];
  return (event) => {
    if (displayHost() === null) return;
    const figure = (): ReturnType<typeof trainingCurves> =>
      trainingCurves([{ model, epochs: records }]);
    switch (event.type) {
      case "begin":
        model = event.plan.model;
        total = event.plan.epochs;
        records = [...event.plan.records];
        return;
      case "epoch": {
        records.push(event.record);
        const drawn = figure();
        const text = `Epoch ${event.record.epoch} of ${total}. ${drawn.description}`;
        // Not plotly's type: JupyterLab's plotly extension ignores updates of a figure it has drawn.
        displayBundle(
          {
            "text/html": `<figure class="layerbook-live" style="margin:0">${scrollable(chartSvg(drawn, INHERIT), 560)}<figcaption>${escapeHtml(text)}</figcaption></figure>`,
            "text/plain": text,
          },
          { id },
        );
        return;
      }
      case "end":
        if (records.length > 0) displayBundle(figure().toMimeBundle(), { id, update: true });
        return;
      case "compiling":
      case "compiled":
      case "batch":
      case "checkpoint":
      case "error":
        return;
    }
  };
}
