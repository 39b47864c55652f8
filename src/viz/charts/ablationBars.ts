import type { StudyTable } from "../../experiments/studies/views/studyTable";
import type { Figure } from "../Figure";
import { modelTitle } from "../names";
import { intervalRows } from "./fromStudy";
import { intervalBars } from "./intervalBars";
import type { IntervalRow } from "./intervalBars";

/**
 * Variants of a model with confidence intervals; the first row is the full model. Marks show whether
 * a variant differs from it: `*` p < 0.05, `**` p < 0.01, `***` p < 0.001, `n.s.` not significant.
 *
 * @param given an ablation's table, whose Dice is then drawn; or the rows of {@link intervalRows}, the full
 *   model first, with p-values as corrected by the study (Holm)
 * @param label the axis title; default `"Dice"`
 * @example
 * const rows = [{ name: "residualAttentionUnet", mean: 0.6, count: 50 }, { name: "ma", mean: 0.5, count: 50, pValue: 0.01 }];
 * ablationBars(rows).data[0].text; // ["0.60", "0.50 *"]
 */
export function ablationBars(given: readonly IntervalRow[] | StudyTable, label = "Dice"): Figure {
  const rows = "columns" in given ? intervalRows(given) : given;
  return intervalBars(
    rows.map((row) => ({ ...row, name: modelTitle(row.name) })),
    label,
  );
}
