import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { modelTitle, describeScore } from "../names";
import { MODEL_COLOURS } from "../palette";

/** The fields of one epoch that are drawn. */
export interface EpochPoint {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly validationLoss?: number | null;
  readonly validationDice?: number | null;
}

/** One model's history. */
export interface TrainingHistory {
  /** Empty if unknown; the curves are then named "training" and "validation". */
  readonly model: string;
  readonly epochs: readonly EpochPoint[];
}

/**
 * Loss (left) and validation Dice (right) by epoch, one colour per model; training is dashed,
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
    const nameOf = (curveName: string): string =>
      model === "" ? curveName : `${modelTitle(model)}, ${curveName}`;
    return [
      ...curve(nameOf("training"), (point) => point.loss, {}, "dash"),
      ...curve(nameOf("validation"), (point) => point.validationLoss, {}, "solid"),
      ...curve(
        nameOf("Dice"),
        (point) => point.validationDice,
        { xaxis: "x2", yaxis: "y2", showlegend: false },
        "solid",
      ),
    ];
  });
  const hasDice = data.some((trace) => trace["xaxis"] === "x2");
  const most = Math.max(0, ...histories.map(({ epochs }) => epochs.at(-1)?.epoch ?? 0));
  // Ticks at whole epochs only.
  const dtick = most <= 10 ? { dtick: 1 } : {};
  // From the first epoch on; a single point is in the middle.
  const range = most > 1 ? { range: [1, most] } : {};
  const epochAxis = { title: { text: "Epoch" }, ...range, ...dtick };
  return new Figure({
    data,
    layout: {
      margin: { l: 64, r: 24, t: 40, b: 52 },
      xaxis: { ...epochAxis, domain: hasDice ? [0, 0.45] : [0, 1] },
      yaxis: { title: { text: "Loss" }, rangemode: "tozero" },
      ...(hasDice
        ? {
            xaxis2: { ...epochAxis, domain: [0.57, 1], anchor: "y2" },
            yaxis2: { anchor: "x2", title: { text: "Validation Dice" }, range: [0, 1] },
          }
        : {}),
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hovermode: "x unified",
    },
    description: histories.map(describeHistory).join(" "),
  });
}

function describeHistory({ model, epochs }: TrainingHistory): string {
  const [first, last] = [epochs[0], epochs.at(-1)];
  const name = model === "" ? "Training" : modelTitle(model);
  if (first === undefined || last === undefined) return `${name}: no epoch yet.`;
  const dices = epochs
    .map(({ validationDice }) => validationDice)
    .filter((dice) => typeof dice === "number");
  const best =
    dices.length === 0 ? "" : `, best validation Dice ${describeScore(Math.max(...dices))}`;
  const count = epochs.length === 1 ? "1 epoch" : `${epochs.length} epochs`;
  return `${name}: loss ${describeScore(first.loss)} to ${describeScore(last.loss)} over ${count}${best}.`;
}
