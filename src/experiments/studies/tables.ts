import { summarise } from "../../metrics";
import type { Spread, Summary } from "../../metrics";
import type { FoldRecord } from "./foldRecord";
import { csvTable, formatScore, markdownTable } from "./scoreTable";

/** The paper's names of the systems. */
const TITLES: Readonly<Record<string, string>> = {
  unet: "U-Net",
  residualAttentionUnet: "Residual Attention U-Net",
  ma: "M-A (without attention)",
  mr: "M-R (without ResNeXt)",
};

/** The models that are another one with a part taken out. */
const ABLATIONS = ["ma", "mr"];
const WHOLE_MODEL = "residualAttentionUnet";

/** One row: a model with one augmentation, over all its folds. */
export interface TableRow {
  readonly model: string;
  readonly augmentation: FoldRecord["augmentation"];
  readonly summary: Summary;
}

/** The paper's two tables. */
export interface Tables {
  /** Models with and without augmentation. */
  readonly tableOne: readonly TableRow[];
  /** The ablations, and the whole model to compare with. */
  readonly tableTwo: readonly TableRow[];
}

/**
 * Averages records into the rows of Tables I and II; it trains and reads nothing.
 *
 * @throws ConfigError when a case stands in two folds of one row
 */
export function tablesOf(records: readonly FoldRecord[]): Tables {
  const groups = new Map<string, FoldRecord[]>();
  for (const record of records) {
    const key = `${record.model} ${record.augmentation}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const rows = [...groups.values()].map(([first, ...rest]): TableRow => {
    const summary = summarise([first, ...rest].map(({ metrics }) => metrics));
    return { model: first.model, augmentation: first.augmentation, summary };
  });
  const hasAblations = rows.some(({ model }) => ABLATIONS.includes(model));
  return {
    tableOne: rows.filter(({ model }) => !ABLATIONS.includes(model)),
    tableTwo: hasAblations
      ? rows.filter(({ model }) => model === WHOLE_MODEL || ABLATIONS.includes(model))
      : [],
  };
}

const SCORES = ["dice", "accuracy", "precision"] as const;

/** A table for people: mean ± standard deviation over cases. */
export function tableMarkdown(title: string, rows: readonly TableRow[]): string {
  const score = ({ mean, sd }: Spread): string => `${formatScore(mean)} ± ${formatScore(sd)}`;
  const table = markdownTable([
    ["Model", "Augmentation", "Dice", "Accuracy", "Precision", "Cases"],
    ...rows.map(({ model, augmentation, summary }) => [
      TITLES[model] ?? model,
      augmentation,
      ...SCORES.map((name) => score(summary.overCases[name])),
      String(summary.cases),
    ]),
  ]);
  return (
    `## ${title}\n\n${table}\n\n` +
    "Mean ± standard deviation over cases. Dice and precision of a case: mean over the foreground " +
    "classes that it has; accuracy: share of all pixels, background too.\n"
  );
}

/** The same for programs, with more digits and the number of cases behind each score. */
export function tableCsv(rows: readonly TableRow[]): string {
  return csvTable([
    [
      "model",
      "augmentation",
      ...SCORES.flatMap((name) => [`${name}_mean`, `${name}_sd`, `${name}_cases`]),
      "dice_mean_over_classes",
      "cases",
    ],
    ...rows.map(({ model, augmentation, summary }) => [
      model,
      augmentation,
      ...SCORES.flatMap((name) => {
        const { mean, sd, count } = summary.overCases[name];
        return [mean, sd, count];
      }),
      summary.dice,
      summary.cases,
    ]),
  ]);
}
