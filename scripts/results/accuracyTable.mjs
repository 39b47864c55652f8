// @ts-check

/** The order of the rows; the first is the reference of the tests. */
const ORDER = ["unet", "residualAttentionUnet", "BasicUNet (MONAI)"];
const CLASSES = ["ground-glass", "consolidation"];

/**
 * The fields of a row of bench/results/accuracy.json that are used: Dice of each case, averaged over seeds,
 * `null` if the truth does not contain the class.
 *
 * @typedef {object} AccuracyRow
 * @property {string} case
 * @property {readonly (readonly [number, number])[]} done fold and seed of each training
 * @property {Readonly<Record<string, readonly (number | null)[]>>} cases
 */

/**
 * `unet, best` as `U-Net, best`.
 *
 * @param {string} name of a row: a model, and how it differs from its default form
 * @param {(name: string) => string} modelTitle
 */
function titleOf(name, modelTitle) {
  const [model, ...rest] = name.split(", ");
  return [modelTitle(model), ...rest].join(", ");
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * @param {readonly (number | null)[]} dice of one case, per class
 * @returns {Readonly<Record<string, number>>} by the table's columns, NaN if not defined
 */
function columnsOf(dice) {
  const defined = dice.flatMap((value) => value ?? []);
  return {
    Dice: mean(defined),
    ...Object.fromEntries(CLASSES.map((name, index) => [`Dice ${name}`, dice[index] ?? NaN])),
  };
}

/**
 * The results of `npm run bench -- accuracy` over all folds as a study's table. Numbers only: the licence of the
 * slices does not allow pictures or weights in the repository.
 *
 * @param {{ machine: string, commit: string, rows: readonly AccuracyRow[] }} record
 * @param {Pick<typeof import("../../src/notebook"), "holm" | "modelTitle" | "spreadOf" | "wilcoxonSignedRank">} layerbook
 * @returns {import("../../src/experiments/studies/views/studyTable").StudyTable}
 */
export function accuracyTable({ machine, commit, rows }, layerbook) {
  const { holm, spreadOf, modelTitle, wilcoxonSignedRank } = layerbook;
  const columns = Object.keys(columnsOf([]));
  // Only rows with all folds: folds differ by more than recipes, so means over fewer folds are not comparable.
  const count = (/** @type {AccuracyRow} */ { cases }) => Object.keys(cases).length;
  const most = Math.max(...rows.map(count));
  const whole = rows.filter((row) => count(row) === most);
  const known = ORDER.flatMap((name) => whole.filter((row) => row.case === name));
  const scored = [...known, ...whole.filter((row) => !ORDER.includes(row.case))].map((row) => ({
    row,
    cases: new Map(Object.entries(row.cases).map(([id, dice]) => [id, columnsOf(dice)])),
  }));
  const [first] = scored;
  if (first === undefined) throw new Error("accuracy: expected at least one row, got none");
  const tests = new Map(
    columns.map((column) => {
      const pairs = scored.map(({ cases }) =>
        [...cases]
          .map(([id, scores]) => [scores[column], first.cases.get(id)?.[column] ?? NaN])
          .filter((pair) => pair.every((value) => !Number.isNaN(value))),
      );
      const pValues = pairs.map((pair, index) =>
        index === 0
          ? NaN
          : wilcoxonSignedRank(
              pair.map(([own]) => own),
              pair.map(([, other]) => other),
            ).pValue,
      );
      const corrected = holm(pValues);
      return [
        column,
        pairs.map((pair, index) => ({
          difference: index === 0 ? NaN : mean(pair.map(([own, other]) => own - other)),
          pValue: pValues[index],
          pHolm: corrected[index],
        })),
      ];
    }),
  );
  return {
    title: "50 real slices, 5 folds: Dice on slices that were not trained on",
    columns,
    factorNames: [],
    rows: scored.map(({ row, cases }, index) => ({
      model: row.case,
      title: titleOf(row.case, modelTitle),
      factors: {},
      scores: Object.fromEntries(
        columns.map((column) => {
          const values = [...cases.values()].map((scores) => scores[column]);
          const { mean: average, sd, interval, count } = spreadOf(values, [...cases.keys()]);
          const test = tests.get(column)?.[index];
          if (test === undefined) throw new Error(`no test of ${column}`);
          return [column, { mean: average, sd, interval, count, ...test }];
        }),
      ),
      cases: cases.size,
      patients: cases.size,
      folds: new Set(row.done.map(([fold]) => fold)).size,
      seeds: new Set(row.done.map(([, seed]) => seed)).size,
      dropped: null,
    })),
    convention:
      "Mean ± sample standard deviation over slices; a slice that several seeds scored counts once, with the mean " +
      "of its scores. Dice of a slice: mean over the lesion classes that its truth has. Intervals: 95 % percentile " +
      "bootstrap over slices; p: two-sided paired Wilcoxon signed-rank test over slices against the first row, " +
      "corrected by Holm. Which patient a slice is of is not known, so slices count as independent, and the " +
      "intervals are rather too narrow.",
    madeBy: `\`npm run bench -- accuracy\`, then \`node scripts/notebookResults.mjs accuracy\`, at commit ${commit} (${machine.replaceAll("\n", " ")}).`,
  };
}
