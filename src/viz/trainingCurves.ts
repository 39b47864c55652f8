import { Figure } from "./Figure";
import type { PlotlyJson } from "./Figure";
import { MODEL_COLOURS } from "./palette";

/** What a figure reads of one epoch. */
export interface EpochPoint {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly validationLoss?: number | null;
  readonly validationDice?: number | null;
}

/** One model's history. */
export interface TrainingHistory {
  readonly model: string;
  readonly epochs: readonly EpochPoint[];
}

/**
 * Loss (left) and validation Dice (right) by epoch, a colour a model; training is dashed,
 * validation solid.
 *
 * @param histories one or more models
 * @example
 * trainingCurves([{ model: "unet", epochs: [{ epoch: 1, loss: 0.9 }] }]).data.length; // 1
 */
export function trainingCurves(histories: readonly TrainingHistory[]): Figure {
  const data = histories.flatMap(({ model, epochs }, index): PlotlyJson[] => {
    const color = MODEL_COLOURS[index % MODEL_COLOURS.length];
    const curve = (
      name: string,
      value: (point: EpochPoint) => number | null | undefined,
      extra: PlotlyJson,
      dash: "dash" | "solid",
    ): PlotlyJson[] => {
      const points = epochs.filter((point) => value(point) !== undefined && value(point) !== null);
      if (points.length === 0) return [];
      return [
        {
          type: "scatter",
          mode: points.length === 1 ? "markers" : "lines",
          x: points.map((point) => point.epoch),
          y: points.map((point) => value(point)),
          name,
          line: { color, dash, width: 2 },
          marker: { color },
          ...extra,
        },
      ];
    };
    return [
      ...curve(`${model}, training`, (point) => point.loss, {}, "dash"),
      ...curve(`${model}, validation`, (point) => point.validationLoss, {}, "solid"),
      ...curve(
        `${model}, Dice`,
        (point) => point.validationDice,
        { xaxis: "x2", yaxis: "y2", showlegend: false },
        "solid",
      ),
    ];
  });
  return new Figure({
    data,
    layout: {
      height: 380,
      margin: { l: 56, r: 16, t: 40, b: 48 },
      xaxis: { domain: [0, 0.46], title: { text: "Epoch" }, rangemode: "tozero" },
      yaxis: { title: { text: "Loss" }, rangemode: "tozero" },
      xaxis2: { domain: [0.56, 1], anchor: "y2", title: { text: "Epoch" }, rangemode: "tozero" },
      yaxis2: { anchor: "x2", title: { text: "Validation Dice" }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hovermode: "x unified",
    },
    description: `Loss and validation Dice by epoch of ${histories.map(({ model }) => model).join(", ")}.`,
  });
}
