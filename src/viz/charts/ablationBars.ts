import type { Figure } from "../Figure";
import { modelTitle } from "../names";
import { intervalBars } from "./intervalBars";
import type { IntervalRow } from "./intervalBars";

/**
 * Variants of a model with confidence intervals; the first row is the full model. Marks show whether
 * a variant differs from it: `*` p < 0.05, `**` p < 0.01, `***` p < 0.001, `n.s.` not significant.
 *
 * @param rows the full model first; p-values as corrected by the study (Holm)
 * @param label the axis title; default `"Dice"`
 * @example
 * const rows = [{ name: "residualAttentionUnet", mean: 0.6, count: 50 }, { name: "ma", mean: 0.5, count: 50, pValue: 0.01 }];
 * ablationBars(rows).data[0].text; // ["0.60", "0.50 *"]
 */
export function ablationBars(rows: readonly IntervalRow[], label = "Dice"): Figure {
  return intervalBars(
    rows.map((row) => ({ ...row, name: modelTitle(row.name) })),
    label,
  );
}
