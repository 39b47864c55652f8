import { escapeHtml } from "../../display/html";
import type { MimeBundle } from "../../display/host";
import { learningRateFinderChart } from "../charts/learningRateFinderChart";
import type { LearningRatePoint } from "../charts/learningRateFinderChart";
import { trainingCurves } from "../charts/trainingCurves";
import type { EpochPoint } from "../charts/trainingCurves";
import { Figure } from "../Figure";
import { scrollable } from "../svg/scrollable";
import type { PlotlyJson } from "../Figure";
import { htmlTable, textTable } from "./table";

/** The fields of `fit`'s result that are shown. */
export interface FitResultLike {
  readonly records: readonly EpochPoint[];
  readonly ended: string;
  readonly bestEpoch: number;
  readonly seconds: number;
}

/** The fields of `evaluateModel`'s result that are shown. */
export interface EvaluationResultLike {
  readonly records?: readonly { readonly distanceUnit: string }[];
  readonly summary: {
    readonly cases: number;
    readonly groups: number;
    readonly dice: number;
    readonly perClass: readonly ClassLike[];
  };
}

interface SpreadLike {
  readonly mean: number;
  readonly sd: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly infiniteCount: number;
}

interface ClassLike {
  readonly name: string;
  readonly label: number;
  readonly casesWithTruth: number;
  readonly casesWithFalseAlarm: number;
  readonly whereTruth: Readonly<Record<"dice" | "precision" | "recall" | "hd95", SpreadLike>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a result of `fit`. */
export function isFitResult(value: object): value is FitResultLike {
  const { records, ended, bestEpoch, seconds } = value as Json;
  return (
    Array.isArray(records) &&
    typeof ended === "string" &&
    typeof bestEpoch === "number" &&
    typeof seconds === "number"
  );
}

/** Whether a value is a result of `evaluateModel`. */
export function isEvaluation(value: object): value is EvaluationResultLike {
  const { summary } = value as Json;
  return typeof summary === "object" && summary !== null && isSummary(summary);
}

/** Whether a value is the summary of an evaluation. */
export function isSummary(value: object): value is EvaluationResultLike["summary"] {
  const { perClass, dice, cases } = value as Json;
  return Array.isArray(perClass) && typeof dice === "number" && typeof cases === "number";
}

/** Whether a value is a plotly figure as plain JSON. */
export function isPlotlyJson(
  value: object,
): value is { readonly data: readonly PlotlyJson[]; readonly layout: PlotlyJson } {
  const { data, layout } = value as Json;
  return (
    Array.isArray(data) &&
    data.every((trace) => typeof trace === "object" && trace !== null) &&
    typeof layout === "object" &&
    layout !== null &&
    !Array.isArray(layout)
  );
}

/** A training: how it ended, and its curves. */
export function fitResultBundle({ records, ended, bestEpoch, seconds }: FitResultLike): MimeBundle {
  const how = { completed: "completed", earlyStop: "stopped early", interrupted: "interrupted" };
  const best = bestEpoch > 0 ? `; weights of epoch ${bestEpoch}, the best` : "";
  const time = seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
  const text = `Training ${how[ended as keyof typeof how] ?? ended} after ${records.length} epochs in ${time}${best}`;
  if (records.length === 0) return { "text/plain": text };
  const figure = trainingCurves([{ model: "", epochs: records }]);
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif">${escapeHtml(text)}</div>${scrollable(figure.toHtml(), 560)}`,
    "text/plain": `${text}. ${figure.description}`,
  };
}

/** The fields of `findLearningRate`'s result that are shown. */
export interface LearningRateTestLike {
  readonly points: readonly LearningRatePoint[];
  readonly suggested: number | null;
}

/** Whether a value is a result of `findLearningRate`. */
export function isLearningRateTest(value: object): value is LearningRateTestLike {
  const { points, suggested } = value as Json;
  return (
    Array.isArray(points) &&
    points.length > 0 &&
    points.every((point) => typeof (point as Json | null)?.["learningRate"] === "number") &&
    (suggested === null || typeof suggested === "number")
  );
}

/** A learning-rate test: its curve, with the suggested rate. */
export function learningRateTestBundle({ points, suggested }: LearningRateTestLike): MimeBundle {
  return learningRateFinderChart(points, suggested ?? undefined).toMimeBundle();
}

/** An evaluation: one row per foreground class. */
export function evaluationBundle(evaluation: EvaluationResultLike): MimeBundle {
  const { header, rows, caption } = evaluationRows(evaluation);
  return {
    "text/html": htmlTable(header, rows, caption),
    "text/plain": textTable(header, rows, caption),
  };
}

/** The same as {@link evaluationBundle}, as HTML only. */
export function evaluationTable(evaluation: EvaluationResultLike): string {
  const { header, rows, caption } = evaluationRows(evaluation);
  return htmlTable(header, rows, caption);
}

function evaluationRows({ summary, records = [] }: EvaluationResultLike): {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly caption: string;
} {
  const unit = records.at(0)?.distanceUnit;
  const header = [
    "class",
    "Dice",
    "95 % interval",
    "precision",
    "recall",
    unit === undefined ? "HD95" : `HD95 (${unit})`,
    "cases",
    "false positives",
  ];
  const number = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(3));
  const rows = summary.perClass
    .filter(({ label }) => label > 0)
    .map(({ name, whereTruth, casesWithTruth, casesWithFalseAlarm }) => {
      const { dice, precision, recall, hd95 } = whereTruth;
      const missed = hd95.infiniteCount > 0 ? ` (${hd95.infiniteCount} missed)` : "";
      return [
        name,
        number(dice.mean),
        casesWithTruth < 2 ? "-" : `${number(dice.interval.low)} to ${number(dice.interval.high)}`,
        number(precision.mean),
        number(recall.mean),
        `${Number.isNaN(hd95.mean) ? "-" : hd95.mean.toFixed(1)}${missed}`,
        String(casesWithTruth),
        String(casesWithFalseAlarm),
      ];
    });
  const caption = `Mean Dice per case ${number(summary.dice)}: over the foreground classes in a case's truth, then over cases; ${summary.cases} cases of ${summary.groups} patients or groups. Each class is averaged over the cases whose truth contains it.`;
  return { header, rows, caption };
}

/** A user's own plotly figure. */
export function plotlyBundle(value: {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
}): MimeBundle {
  const title = value.layout["title"];
  const text = typeof title === "string" ? title : (title as { text?: unknown } | undefined)?.text;
  const description = `${typeof text === "string" ? text : "Plotly figure"}, ${value.data.length} ${value.data.length === 1 ? "trace" : "traces"}.`;
  return new Figure({ data: value.data, layout: value.layout, description }).toMimeBundle();
}
