import { Figure } from "../Figure";
import { MODEL_COLOURS } from "../palette";
import { modelTitle } from "../names";

/** The true and predicted amount of lesion in one case. */
export interface LesionVolume {
  readonly id: string;
  readonly truth: number;
  readonly predicted: number;
}

/**
 * Predicted against true lesion volume, one point per case; points on the diagonal agree.
 *
 * @param volumes by model name, all in the same unit
 * @param unit of the volumes; default `"ml"`
 * @example
 * lesionVolumes({ unet: [{ id: "a", truth: 10, predicted: 8 }] }).data[1].y; // [8]
 */
export function lesionVolumes(
  volumes: Readonly<Record<string, readonly LesionVolume[]>>,
  unit = "ml",
): Figure {
  const entries = Object.entries(volumes);
  const all = entries.flatMap(([, cases]) =>
    cases.flatMap(({ truth, predicted }) => [truth, predicted]),
  );
  const most = Math.max(1e-6, ...all.filter((value) => Number.isFinite(value)));
  const bias = (cases: readonly LesionVolume[]): number =>
    cases.reduce((sum, { truth, predicted }) => sum + predicted - truth, 0) / cases.length;
  return new Figure({
    data: [
      {
        type: "scatter",
        mode: "lines",
        x: [0, most],
        y: [0, most],
        name: "equal",
        line: { color: "#888888", dash: "dot", width: 1.5 },
      },
      ...entries.map(([model, cases], index) => ({
        type: "scatter",
        mode: "markers",
        name: modelTitle(model),
        x: cases.map(({ truth }) => truth),
        y: cases.map(({ predicted }) => predicted),
        text: cases.map(({ id }) => id),
        marker: {
          color: MODEL_COLOURS[index % MODEL_COLOURS.length],
          size: 8,
          symbol: ["circle", "square", "diamond"][index % 3],
        },
      })),
    ],
    layout: {
      width: 520,
      height: 480,
      margin: { l: 64, r: 24, t: 40, b: 52 },
      xaxis: { title: { text: `True lesion volume (${unit})` }, rangemode: "tozero" },
      yaxis: { title: { text: `Predicted lesion volume (${unit})` }, rangemode: "tozero" },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    },
    description: `Predicted against true lesion volume: ${entries
      .map(
        ([model, cases]) =>
          `${modelTitle(model)} is ${Math.abs(bias(cases)).toPrecision(2)} ${unit} ${bias(cases) < 0 ? "below" : "above"} the truth on average, n = ${cases.length}`,
      )
      .join("; ")}.`,
  });
}
