import { Figure } from "../Figure";

/** One step of a learning-rate range test. */
export interface LearningRatePoint {
  readonly learningRate: number;
  readonly loss: number;
}

/**
 * Loss by learning rate, on a logarithmic axis: the range test of Smith (2017). A vertical line
 * marks the suggested rate, if given.
 *
 * @param points in the order in which they were measured
 * @param suggested the rate to mark
 * @example
 * learningRateFinderChart([{ learningRate: 0.001, loss: 0.9 }]).data[0].x; // [0.001]
 * @see Smith 2017, arXiv:1506.01186
 */
export function learningRateFinderChart(
  points: readonly LearningRatePoint[],
  suggested?: number,
): Figure {
  const marks =
    suggested === undefined
      ? {}
      : {
          shapes: [
            {
              type: "line",
              xref: "x",
              yref: "paper",
              x0: suggested,
              x1: suggested,
              y0: 0,
              y1: 1,
              line: { color: "#D55E00", width: 1.5, dash: "dash" },
            },
          ],
        };
  return new Figure({
    data: [
      {
        type: "scatter",
        mode: "lines",
        x: points.map(({ learningRate }) => learningRate),
        y: points.map(({ loss }) => (Number.isFinite(loss) ? loss : null)),
        line: { color: "#0072B2", width: 2 },
        showlegend: false,
      },
    ],
    layout: {
      margin: { l: 64, r: 24, t: 24, b: 52 },
      xaxis: { type: "log", title: { text: "Learning rate" } },
      yaxis: { title: { text: "Loss" } },
      ...marks,
    },
    description: `Loss by learning rate, ${points.length} steps${suggested === undefined ? "" : `; suggested rate ${suggested.toExponential(1)}`}.`,
  });
}
