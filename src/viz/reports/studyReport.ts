import type { JobRecord } from "../../experiments/studies/jobRecord";
import type { StudyFile } from "../../experiments/studies/studyFolder";
import { kShotScores } from "../../experiments/studies/views/kShotScores";
import { leakBars } from "../../experiments/studies/views/leakTable";
import { caseDice } from "../../experiments/studies/views/rowScores";
import { rowName } from "../../experiments/studies/views/rowNames";
import type { StudyTable } from "../../experiments/studies/views/studyTable";
import { htmlTable } from "../cards/table";
import { studyTableBundle } from "../cards/studyCard";
import { ablationBars } from "../charts/ablationBars";
import { foldScores } from "../charts/foldScores";
import { intervalRows, recordLabel } from "../charts/fromStudy";
import { kShotCurve } from "../charts/kShotCurve";
import { leakStudyBars } from "../charts/leakStudyBars";
import { trainingCurves } from "../charts/trainingCurves";
import type { Figure } from "../Figure";
import { describeScore, describeSeconds } from "../names";
import { describeSetting } from "./describeSetting";
import type { Report, ReportSection } from "./reportPage";

/** A study's records and the tables computed from them. */
export interface ReportedStudy {
  readonly study: Pick<StudyFile, "kind" | "source" | "config" | "jobs">;
  readonly records: readonly JobRecord[];
  /** The first is the study's main table; its first row is the reference of the tests. */
  readonly tables: readonly StudyTable[];
  /** The command that made the report. */
  readonly command: string;
  /** When it was made; `new Date().toISOString()`. */
  readonly date: string;
}

/** A path's last part: a title needs no more. */
const lastPart = (path: string): string =>
  path.split(/[\\/]/).findLast((part) => part !== "") ?? path;

/** How many of the worst cases are listed. */
const WORST = 10;

/** A report on a complete study: tables, figures, worst cases first, curves and settings. */
export function studyReport(reported: ReportedStudy): Report {
  const { study, records, tables, command, date } = reported;
  const [table] = tables;
  const missing = study.jobs.length - records.length;
  const best = [...table.rows].sort((a, b) => b.scores["Dice"].mean - a.scores["Dice"].mean).at(0);
  return {
    title: `${KINDS[study.kind] ?? study.kind} on ${lastPart(study.source)}`,
    headline:
      best === undefined
        ? "No training of this study is done yet."
        : `Highest mean Dice: ${rowName(best, table.rows)}, ${describeScore(best.scores["Dice"].mean)} over ${best.scores["Dice"].count} slices.` +
          (missing > 0 ? ` ${missing} of ${study.jobs.length} trainings are not done yet.` : ""),
    sections: [
      ...tables.map((each): ReportSection => ({
        heading: each.title,
        html: String(studyTableBundle(each)["text/html"]),
        figures: tableFigures(study.kind, each),
      })),
      {
        heading: "Worst cases first",
        text: [
          "A case's Dice is the mean over the foreground classes in its truth, averaged over all rows, folds and seeds in which it was tested.",
        ],
        html: worstCases(records),
      },
      {
        heading: "Fold by fold",
        figures: [
          {
            figure: foldScores(foldMeans(records)),
            caption: "Mean Dice of each row on each fold's held-out slices.",
          },
        ],
      },
      { heading: "Trainings", figures: [curves(records)] },
    ].filter(({ html, figures = [] }) => html !== undefined || figures.length > 0),
    footer: [
      ["Made", date],
      ["Command", command],
      ["Data", study.source],
      ["Trainings", `${records.length} of ${study.jobs.length}`],
      [
        "Versions",
        [
          ...new Set(
            records.map(({ versions }) => `layerbook ${versions.layerbook}, node ${versions.node}`),
          ),
        ].join("; "),
      ],
      ...Object.entries(study.config).map(
        ([name, value]) => [name, describeSetting(value)] as const,
      ),
    ],
  };
}

/** Display names of the kinds of studies. */
const KINDS: Readonly<Record<string, string>> = {
  compare: "Comparison",
  ablate: "Ablation",
  leakStudy: "Leak study",
  kShot: "A few labelled slices",
};

function tableFigures(kind: string, table: StudyTable): ReportSection["figures"] & object {
  if (table.rows.length === 0) return [];
  if (kind === "leakStudy") {
    return [
      captioned(
        leakStudyBars(leakBars(table)),
        "The dotted line is the honest protocol; the part of a bar beyond it comes from the protocol.",
      ),
    ];
  }
  if (kind === "kShot") {
    return [captioned(kShotCurve(kShotScores(table)), "Bands: 95 % bootstrap over patients.")];
  }
  return [
    captioned(
      ablationBars(intervalRows(table)),
      "Mean Dice with 95 % bootstrap intervals over patients. The paired test against the first row: * p < 0.05, ** p < 0.01, *** p < 0.001, n.s. not significant.",
    ),
  ];
}

const captioned = (figure: Figure, caption: string) => ({ figure, caption });

function foldMeans(records: readonly JobRecord[]): Parameters<typeof foldScores>[0] {
  const groups = new Map<string, { model: string; fold: number; values: number[] }>();
  for (const record of records) {
    const model = recordLabel(record, records);
    const key = `${model} ${record.fold}`;
    const entry = groups.get(key) ?? { model, fold: record.fold, values: [] };
    entry.values.push(...record.cases.map(caseDice).filter((value) => !Number.isNaN(value)));
    groups.set(key, entry);
  }
  return [...groups.values()].map(({ values, ...place }) => ({ ...place, score: mean(values) }));
}

/** The cases with the lowest Dice over all rows. */
function worstCases(records: readonly JobRecord[]): string {
  const byCase = new Map<string, { dice: number; row: string }[]>();
  for (const record of records) {
    for (const item of record.cases) {
      const dice = caseDice(item);
      if (Number.isNaN(dice)) continue;
      const scores = byCase.get(item.id) ?? [];
      byCase.set(item.id, [...scores, { dice, row: recordLabel(record, records) }]);
    }
  }
  const rows = [...byCase]
    .map(([id, scores]) => ({
      id,
      average: mean(scores.map(({ dice }) => dice)),
      best: scores.reduce((a, b) => (b.dice > a.dice ? b : a)),
      count: scores.length,
    }))
    .sort((a, b) => a.average - b.average)
    .slice(0, WORST)
    .map(({ id, average, best, count }) => [
      ...[id, average.toFixed(3), best.dice.toFixed(3), best.row, String(count)],
    ]);
  return htmlTable(
    ["slice", "mean Dice", "best Dice", "reached by", "times tested"],
    rows,
    `The ${rows.length} slices with the lowest mean Dice`,
  );
}

/** One curve per row, of its first training: the curves of all trainings would overlap. */
function curves(records: readonly JobRecord[]): { figure: Figure; caption: string } {
  const first = new Map<string, JobRecord>();
  for (const record of records) {
    const name = recordLabel(record, records);
    if (record.training !== null && !first.has(name)) first.set(name, record);
  }
  const seconds = records.reduce((sum, { training }) => sum + (training?.seconds ?? 0), 0);
  return {
    figure: trainingCurves(
      [...first].map(([model, { training }]) => ({ model, epochs: training?.records ?? [] })),
    ),
    caption: `The first training of each row. All ${records.length} took ${describeSeconds(seconds)}.`,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
