import { ConfigError } from "../../core/errors";
import { Figure } from "../Figure";
import { BLUES } from "../svg/colourScale";

/**
 * A confusion matrix: truth in rows, prediction in columns. Colours and percentages are shares of
 * each row, since there are far more background voxels than any others.
 *
 * @param counts `[truth][prediction]`, voxels
 * @throws ConfigError when the matrix is not square or does not match the number of names
 * @example
 * confusionMatrixChart([[8, 2], [1, 9]], ["background", "lesion"]).data[0].z; // [[0.8, 0.2], [0.1, 0.9]]
 */
export function confusionMatrixChart(
  counts: readonly (readonly number[])[],
  classNames: readonly string[],
): Figure {
  const size = classNames.length;
  if (counts.length !== size || counts.some((row) => row.length !== size)) {
    throw new ConfigError({
      where: "confusionMatrixChart.counts",
      expected: `${size} x ${size} counts, one row and column per class name`,
      got: `${counts.length} x ${counts[0]?.length ?? 0}`,
    });
  }
  const shares = counts.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count) => (total === 0 ? null : count / total));
  });
  const percent = (share: number | null): string =>
    share === null ? "" : `${(share * 100).toFixed(share >= 0.0995 || share === 0 ? 0 : 1)} %`;
  return new Figure({
    data: [
      {
        type: "heatmap",
        x: classNames,
        y: classNames,
        z: shares,
        zmin: 0,
        zmax: 1,
        colorscale: BLUES,
        text: shares.map((row) => row.map(percent)),
        texttemplate: "%{text}",
        customdata: counts,
        hovertemplate: "truth %{y}<br>predicted %{x}<br>%{customdata} voxels<extra></extra>",
        showscale: false,
      },
    ],
    layout: {
      height: 110 + 60 * size,
      width: 200 + 150 * size,
      margin: { l: 170, r: 20, t: 20, b: 60 },
      xaxis: { title: { text: "Prediction" }, showgrid: false },
      yaxis: { title: { text: "Truth" }, autorange: "reversed", showgrid: false },
    },
    description: `Confusion matrix, share of each true class: ${classNames
      .map((name, i) => `${name} ${percent(shares[i][i]) || "absent"} right`)
      .join(", ")}.`,
  });
}
