import type { Figure } from "../Figure";
import { intervalBars } from "./intervalBars";
import type { IntervalRow } from "./intervalBars";

/**
 * The same model scored under different split protocols, to show how much of a Dice comes from the
 * split. The first row is the honest protocol; bars beyond its dotted line are inflated.
 *
 * @param rows the honest protocol first
 * @param label the axis title; default `"Dice"`
 * @example
 * const rows = [{ name: "patients apart", mean: 0.5, count: 50 }, { name: "copies on both sides", mean: 0.9, count: 50 }];
 * leakStudyBars(rows).data[0].x; // [0.5, 0.9]
 */
export function leakStudyBars(rows: readonly IntervalRow[], label = "Dice"): Figure {
  return intervalBars(rows, label);
}
