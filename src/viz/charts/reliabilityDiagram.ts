import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { modelTitle } from "../names";
import { MODEL_COLOURS } from "../palette";

/** The fields of a reliability record that are drawn; the metric `reliability` returns one. */
export interface ReliabilityLike {
  readonly bins: readonly {
    readonly count: number;
    readonly confidence: number;
    readonly accuracy: number;
  }[];
  readonly expectedError: number;
}

/**
 * Accuracy by confidence, one line per model. On the diagonal accuracy equals confidence; below it
 * the model is overconfident. The legend gives the expected calibration error (ECE).
 *
 * @param records by model name
 * @example
 * const bins = [{ count: 10, confidence: 0.9, accuracy: 0.7 }];
 * reliabilityDiagram({ unet: { bins, expectedError: 0.2 } }).data[1].name; // "U-Net, ECE 0.200"
 * @see Guo 2017, arXiv:1706.04599
 */
export function reliabilityDiagram(records: Readonly<Record<string, ReliabilityLike>>): Figure {
  const entries = Object.entries(records);
  const lines = entries.map(([model, { bins, expectedError }], index): PlotlyJson => {
    const filled = bins.filter(({ count }) => count > 0);
    const color = MODEL_COLOURS[index % MODEL_COLOURS.length];
    return {
      type: "scatter",
      mode: "lines+markers",
      name: `${modelTitle(model)}, ECE ${expectedError.toFixed(3)}`,
      x: filled.map(({ confidence }) => confidence),
      y: filled.map(({ accuracy }) => accuracy),
      text: filled.map(({ count }) => `${count} voxels`),
      line: { color, width: 2 },
      marker: { color, size: 7 },
    };
  });
  const perfect = {
    type: "scatter",
    mode: "lines",
    x: [0, 1],
    y: [0, 1],
    name: "perfectly calibrated",
    line: { color: "#888888", dash: "dot", width: 1.5 },
  };
  return new Figure({
    data: [perfect, ...lines],
    layout: {
      width: 520,
      height: 480,
      margin: { l: 64, r: 24, t: 40, b: 52 },
      xaxis: { title: { text: "Confidence" }, range: [0, 1] },
      yaxis: { title: { text: "Accuracy" }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    },
    description: `Reliability: ${entries
      .map(
        ([model, { expectedError }]) =>
          `${modelTitle(model)} has an expected calibration error of ${expectedError.toFixed(3)}`,
      )
      .join(", ")}.`,
  });
}
