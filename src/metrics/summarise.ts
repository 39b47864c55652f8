import { ConfigError } from "../core/errors";
import { METRIC_NAMES, caseScores, definedMean, hasTruth } from "./caseMetrics";
import type { CaseRecord, CaseScores, ClassRecord, MetricName, MetricValues } from "./caseMetrics";
import { classCounts, pixelAccuracy, sumConfusion } from "./confusion";
import type { ConfusionMatrix } from "./confusion";
import { dice, iou, precision, recall, relativeVolumeError, specificity } from "./overlap";
import { bootstrapInterval, quantile } from "./statistics/bootstrap";
import type { BootstrapOptions, Interval } from "./statistics/bootstrap";

/** The distribution of a score over cases. */
export interface Spread {
  /** Mean over the cases where it is defined and finite. */
  readonly mean: number;
  /** Sample standard deviation over the same cases; NaN for a single case. */
  readonly sd: number;
  /** Median over the cases where it is defined; an infinite distance counts as the largest. */
  readonly median: number;
  /** Bootstrap interval of the mean, over patients. */
  readonly interval: Interval;
  /** Cases behind the mean. */
  readonly count: number;
  /** Cases where it is undefined (NaN). */
  readonly undefinedCount: number;
  /** Cases where it is infinite: a distance to a surface that was missed completely. */
  readonly infiniteCount: number;
}

/** Scores of the data set taken as one image. */
export type PooledValues = Readonly<
  Record<"dice" | "iou" | "precision" | "recall" | "specificity" | "relativeVolumeError", number>
>;

/** One class over all cases. */
export interface ClassSummary {
  readonly name: string;
  readonly label: number;
  /** Cases whose truth has the class. */
  readonly casesWithTruth: number;
  /** Cases where it was predicted but is not in the truth. */
  readonly casesWithFalseAlarm: number;
  /** Cases where neither has it. */
  readonly casesWithNeither: number;
  /** Over the cases whose truth has the class (MONAI's default). */
  readonly whereTruth: Readonly<Record<MetricName, Spread>>;
  /** Over the cases where truth or prediction has it: a false positive's Dice is 0. */
  readonly whereEither: Readonly<Record<MetricName, Spread>>;
  /** All cases as one image. */
  readonly pooled: PooledValues;
}

/** All cases: the headline scores, and those of other conventions by name. */
export interface Summary {
  readonly cases: number;
  readonly groups: number;
  /**
   * The headline: mean over cases of the case's mean over the foreground classes that its truth has; cases
   * without any are left out. MONAI's `DiceMetric` at its defaults, and the tables' convention.
   */
  readonly dice: number;
  /** Likewise, over the classes that were predicted too. */
  readonly precision: number;
  /** Mean over cases of the pixel accuracy. */
  readonly accuracy: number;
  /** Bootstrap intervals of the three above, over patients. */
  readonly intervals: Readonly<Record<"dice" | "precision" | "accuracy", Interval>>;
  /**
   * Another convention: mean over foreground classes of the mean over the cases whose truth has the
   * class. A rare class has the same weight as a frequent one.
   */
  readonly foreground: MetricValues;
  /** The same with the background as one more class. */
  readonly withBackground: MetricValues;
  /** As `foreground`, over cases where truth or prediction has the class: nnU-Net's `foreground_mean`. */
  readonly foregroundWhereEither: MetricValues;
  /** All cases as one image, mean over classes. */
  readonly pooled: {
    readonly accuracy: number;
    readonly foreground: PooledValues;
    readonly withBackground: PooledValues;
    readonly confusion: ConfusionMatrix;
  };
  /** The distribution of the headline scores over cases, as in the paper's tables. */
  readonly overCases: Readonly<Record<keyof CaseScores, Spread>>;
  /** By label, background first. */
  readonly perClass: readonly ClassSummary[];
}

/** The overlap scores that pooling can give. */
const POOLED_NAMES = [
  "dice",
  "iou",
  "precision",
  "recall",
  "specificity",
  "relativeVolumeError",
] as const;

/**
 * Case records to a summary with both means (over cases, and of the pooled data set), with and
 * without background, and with the counts of undefined cases.
 *
 * @param options.seed of the bootstrap; the same records and seed give the same intervals
 * @throws ConfigError without records, with an id twice, or with records of different classes
 */
export function summarise(records: readonly CaseRecord[], options: BootstrapOptions = {}): Summary {
  const first = expectRecords(records);
  const groups = records.map((record) => record.group);
  const spread = (values: readonly number[]): Spread => spreadOf(values, groups, options);
  const pooledMatrix = sumConfusion(records.map((record) => record.confusion));
  const perClass = first.classes.map(({ name, label }): ClassSummary => {
    const rows = records.map((record) => record.classes[label]);
    const isEither = (row: ClassRecord): boolean => !Number.isNaN(row.dice);
    return {
      name,
      label,
      casesWithTruth: rows.filter(hasTruth).length,
      casesWithFalseAlarm: rows.filter((row) => isEither(row) && !hasTruth(row)).length,
      casesWithNeither: rows.filter((row) => !isEither(row)).length,
      whereTruth: spreads(rows, hasTruth, groups, options),
      whereEither: spreads(rows, isEither, groups, options),
      pooled: pooledValues(pooledMatrix, label),
    };
  });
  const foreground = perClass.filter((row) => row.label > 0);
  const scores = records.map(caseScores);
  const overCases = {
    ...byMetric((metric) => spread(scores.map((score) => score[metric]))),
    accuracy: spread(scores.map(({ accuracy }) => accuracy)),
  };
  return {
    cases: records.length,
    groups: new Set(groups).size,
    dice: overCases.dice.mean,
    precision: overCases.precision.mean,
    accuracy: overCases.accuracy.mean,
    intervals: {
      dice: overCases.dice.interval,
      precision: overCases.precision.interval,
      accuracy: overCases.accuracy.interval,
    },
    foreground: byMetric((metric) =>
      definedMean(foreground.map((row) => row.whereTruth[metric].mean)),
    ),
    withBackground: byMetric((metric) =>
      definedMean(perClass.map((row) => row.whereTruth[metric].mean)),
    ),
    foregroundWhereEither: byMetric((metric) =>
      definedMean(foreground.map((row) => row.whereEither[metric].mean)),
    ),
    pooled: {
      accuracy: pixelAccuracy(pooledMatrix),
      foreground: meanPooled(foreground),
      withBackground: meanPooled(perClass),
      confusion: pooledMatrix,
    },
    overCases,
    perClass,
  };
}

/** Mean, spread and interval of one score over cases. */
export function spreadOf(
  values: readonly number[],
  groups: readonly string[],
  options: BootstrapOptions = {},
): Spread {
  const defined = values.filter((value) => !Number.isNaN(value));
  const finite = defined.filter(Number.isFinite);
  const mean = definedMean(finite);
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const ranked = values.flatMap((value, index) =>
    Number.isFinite(value) ? [{ value, group: groups[index] }] : [],
  );
  return {
    mean,
    sd: finite.length < 2 ? NaN : Math.sqrt(squares / (finite.length - 1)),
    median: quantile(Float64Array.from(defined).sort(), 0.5),
    interval: bootstrapInterval(
      ranked.map((entry) => entry.group),
      (cases) => cases.reduce((sum, index) => sum + ranked[index].value, 0) / cases.length,
      options,
    ),
    count: finite.length,
    undefinedCount: values.length - defined.length,
    infiniteCount: defined.length - finite.length,
  };
}

function expectRecords(records: readonly CaseRecord[]): CaseRecord {
  const [first] = records;
  if (first === undefined) {
    throw new ConfigError({ where: "summarise", expected: "at least one case", got: "none" });
  }
  const seen = new Set<string>();
  const names = (record: CaseRecord): string => record.classes.map((row) => row.name).join(", ");
  for (const record of records) {
    if (seen.has(record.id)) {
      throw new ConfigError({
        where: "summarise",
        expected: "each case once",
        got: `${record.id} twice`,
      });
    }
    seen.add(record.id);
    if (names(record) !== names(first)) {
      throw new ConfigError({
        where: `summarise("${record.id}")`,
        expected: `classes ${names(first)}`,
        got: names(record),
      });
    }
    if (record.distanceUnit !== first.distanceUnit) {
      throw new ConfigError({
        where: `summarise("${record.id}")`,
        expected: `distances in ${first.distanceUnit}`,
        got: record.distanceUnit,
        remedy: "Summarise cases with and without a known spacing separately.",
      });
    }
  }
  return first;
}

function spreads(
  rows: readonly ClassRecord[],
  isCounted: (row: ClassRecord) => boolean,
  groups: readonly string[],
  options: BootstrapOptions,
): Record<MetricName, Spread> {
  const counted = rows.flatMap((row, index) =>
    isCounted(row) ? [{ row, group: groups[index] }] : [],
  );
  const countedGroups = counted.map((entry) => entry.group);
  return byMetric((metric) =>
    spreadOf(
      counted.map((entry) => entry.row[metric]),
      countedGroups,
      options,
    ),
  );
}

function pooledValues(matrix: ConfusionMatrix, label: number): PooledValues {
  const counts = classCounts(matrix, label);
  return {
    dice: dice(counts),
    iou: iou(counts),
    precision: precision(counts),
    recall: recall(counts),
    specificity: specificity(counts),
    relativeVolumeError: relativeVolumeError(counts),
  };
}

function meanPooled(rows: readonly ClassSummary[]): PooledValues {
  const entries = POOLED_NAMES.map((metric) => [
    metric,
    definedMean(rows.map((row) => row.pooled[metric])),
  ]);
  return Object.fromEntries(entries) as PooledValues;
}

function byMetric<T>(valueOf: (metric: MetricName) => T): Record<MetricName, T> {
  return Object.fromEntries(METRIC_NAMES.map((metric) => [metric, valueOf(metric)])) as Record<
    MetricName,
    T
  >;
}
