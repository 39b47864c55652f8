import { ConfigError } from "../../core/errors";
import { caseScores } from "../../metrics";
import type { CaseRecord } from "../../metrics";
import type { Figure } from "../Figure";
import { caseCaption } from "./caseCaption";
import type { ComparedCase, PlaneLike } from "./caseMasks";
import { compareMasks } from "./compareMasks";
import type { CompareMasksOptions } from "./compareMasks";

/** One model's predictions, in the order of the cases, with their scores. */
export interface ScoredPredictions {
  readonly predictions: readonly PlaneLike[];
  readonly evaluation: { readonly records: readonly CaseRecord[] };
}

/** Options of {@link comparePredictions}. */
export interface ComparePredictionsOptions extends CompareMasksOptions {
  /** Cases to show; default 3. */
  readonly count?: number;
  /**
   * `"worst"` (default): the lowest Dice of any model first. `"classes"`: the cases with the most
   * classes in their truth first. `"given"`: the order of the cases.
   */
  readonly order?: "worst" | "classes" | "given";
}

/**
 * Truth and the predictions of one or more models side by side, with each case's Dice below.
 *
 * @param cases labelled cases, as passed to the models
 * @param models by name
 * @throws ConfigError when a model does not have exactly one prediction and one record per case
 * @example
 * const image = { height: 1, width: 2, data: Float32Array.of(0, 1) };
 * const labels = { height: 1, width: 2, data: Uint8Array.of(0, 1) };
 * const classNames = ["background", "lesion"];
 * const evaluation = scorePredictions([{ id: "a", group: "a", labels, spacingMm: null }], [labels], classNames);
 * comparePredictions([{ id: "a", image, labels }], { unet: { predictions: [labels], evaluation } }, { classNames }).description;
 * // "Scan, Truth and U-Net of a; classes lesion."
 */
export function comparePredictions(
  cases: readonly ComparedCase[],
  models: Readonly<Record<string, ScoredPredictions>>,
  options: ComparePredictionsOptions,
): Figure {
  const { count = 3, order = "worst", ...drawing } = options;
  for (const [model, { predictions, evaluation }] of Object.entries(models)) {
    const got = [predictions.length, evaluation.records.length];
    if (got.some((length) => length !== cases.length)) {
      throw new ConfigError({
        where: `comparePredictions.models["${model}"]`,
        expected: `${cases.length} predictions and records, one per case`,
        got: `${got[0]} predictions and ${got[1]} records`,
        remedy: "Predict and score exactly these cases.",
      });
    }
  }
  const dices = cases.map((_, index) =>
    Object.values(models).map(({ evaluation }) => caseScores(evaluation.records[index]).dice),
  );
  const rank = (index: number): number => {
    if (order === "given") return index;
    if (order === "classes") return -new Set(Array.from(cases[index].labels?.data ?? [])).size;
    const defined = dices[index].filter((dice) => !Number.isNaN(dice));
    return Math.min(...defined);
  };
  const shown = cases
    .map((_, index) => index)
    .sort((a, b) => rank(a) - rank(b) || a - b)
    .slice(0, count);
  return compareMasks(
    shown.map((index) => ({
      ...cases[index],
      masks: Object.entries(models).map(([title, { predictions, evaluation }]) => ({
        title,
        labels: predictions[index],
        caption: caseCaption(evaluation.records[index]),
      })),
    })),
    drawing,
  );
}
