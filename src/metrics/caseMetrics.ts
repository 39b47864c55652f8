import { ConfigError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { labelBoxes } from "./boundingBoxes";
import { classCounts, countPairs, pixelAccuracy } from "./confusion";
import type { ClassCounts, ConfusionMatrix } from "./confusion";
import { toByteGridLike, toBytePair, toSpacing3 } from "./grid";
import type { ByteGrid, LabelGrid, SpacingMm } from "./grid";
import { dice, iou, precision, recall, relativeVolumeError, specificity } from "./overlap";
import { detectLesions } from "./lesionDetection";
import type { LesionDetection, LesionOptions } from "./lesionDetection";
import {
  NO_SURFACES,
  averageSymmetricSurfaceDistance,
  hausdorff,
  surfaceDice,
  voxelDistances,
} from "./surfaceDistances";
import type { SurfaceDistances } from "./surfaceDistances";
import { cutClass } from "./surfaceElements";
import type { ClassCut } from "./surfaceElements";
import { surfelDistancesOfCut } from "./surfelDistances";
import { involvementPercent } from "./volumes";

/** The scores that each class of each case has. */
export const METRIC_NAMES = [
  "dice",
  "iou",
  "precision",
  "recall",
  "specificity",
  "relativeVolumeError",
  "hd95",
  "assd",
  "surfaceDice",
  "lesionF1",
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** One score per metric; NaN where it is undefined, Infinity for a distance to a missing surface. */
export type MetricValues = Readonly<Record<MetricName, number>>;

/** One class of one case. */
export interface ClassRecord extends MetricValues {
  readonly name: string;
  readonly label: number;
  readonly counts: ClassCounts;
  /** Lesions found and false positives; `null` if not requested, and for the background. */
  readonly lesions: LesionDetection | null;
  /** NaN where the spacing is not known. */
  readonly truthMl: number;
  readonly predictedMl: number;
}

/** One case: every class, background first. */
export interface CaseRecord {
  readonly id: string;
  /** The patient, or group of near-duplicate slices; default: the id. */
  readonly group: string;
  readonly classes: readonly ClassRecord[];
  readonly confusion: ConfusionMatrix;
  /** Fraction of correctly classified voxels, background included. */
  readonly accuracy: number;
  /** Diseased fraction of the lung; `null` if no lung mask was given. */
  readonly lungInvolvement: LungInvolvement | null;
  /** The unit of `hd95`, `assd` and the tolerance: pixels where the spacing is not known. */
  readonly distanceUnit: "mm" | "px";
  /** Tolerance of `surfaceDice`, in that unit. */
  readonly tolerance: number;
}

/** Percent of the lung mask that is diseased; NaN for an empty mask. */
export interface LungInvolvement {
  readonly truthPercent: number;
  readonly predictedPercent: number;
}

/** Options of {@link caseMetrics}. */
export interface CaseOptions {
  readonly id: string;
  /** The patient; default: the id. */
  readonly group?: string;
  /** Names by label, background first; labels must be smaller than their number. */
  readonly classNames: readonly string[];
  /** `[row, column]` or `[slice, row, column]`; distances are in pixels without it. */
  readonly spacingMm?: SpacingMm | null;
  /** Tolerance of the surface Dice, in mm (pixels without a spacing); default 2. */
  readonly tolerance?: number;
  /** Voxels whose truth has this label are treated as background on both sides and are not counted. */
  readonly ignoreLabel?: number;
  /** Lungs, lesions included, on the same grid; gives `lungInvolvement`. */
  readonly lungMask?: LabelGrid;
  /** Labels that `lungInvolvement` counts; default: every label but 0. */
  readonly diseaseLabels?: readonly number[];
  /**
   * The surface elements that distances are measured between; default `"voxels"` (MONAI); `"surfels"`
   * is DeepMind's.
   */
  readonly surface?: "voxels" | "surfels";
  /** Whether to compute `hd95`, `assd` and `surfaceDice` (else NaN); default true. */
  readonly hasDistances?: boolean;
  /** Whether to count lesions (else `lesionF1` is NaN); default true. */
  readonly hasLesions?: boolean;
  /** How lesions are matched; see {@link lesionDetection}. */
  readonly lesionOptions?: LesionOptions;
}

const OPTIONS: readonly (keyof CaseOptions)[] = [
  "id",
  "group",
  "classNames",
  "spacingMm",
  "tolerance",
  "ignoreLabel",
  "lungMask",
  "diseaseLabels",
  "surface",
  "hasDistances",
  "hasLesions",
  "lesionOptions",
];

/**
 * Every score of one case, in one pass over its voxels and one over each class's box.
 *
 * Distances are computed only for foreground classes; the background's are NaN.
 *
 * @throws ShapeError when truth and prediction differ in shape
 * @throws DataError when a label has no name
 * @example
 * const truth = { height: 1, width: 4, data: Uint8Array.of(0, 1, 1, 1) };
 * const prediction = { height: 1, width: 4, data: Uint8Array.of(0, 0, 1, 1) };
 * caseMetrics(truth, prediction, { id: "a", classNames: ["background", "lesion"] }).classes[1].dice; // 0.8
 */
export function caseMetrics(
  truth: LabelGrid,
  prediction: LabelGrid,
  options: CaseOptions,
): CaseRecord {
  const { id, classNames, spacingMm, ignoreLabel, tolerance = 2 } = options;
  const { hasDistances = true, hasLesions = true, surface = "voxels" } = options;
  const where = `caseMetrics("${id}")`;
  rejectUnknownOptions(where, options, OPTIONS);
  if (classNames.length < 2) {
    throw new ConfigError({
      where: `${where}.classNames`,
      expected: "the background's name and at least one more",
      got: `[${classNames.join(", ")}]`,
    });
  }
  const repeated = classNames.find((name, label) => classNames.indexOf(name) !== label);
  if (repeated !== undefined) {
    throw new ConfigError({
      where: `${where}.classNames`,
      expected: "a different name for each class",
      got: `"${repeated}" twice`,
    });
  }
  const pair = toBytePair(where, truth, prediction);
  const spacing = toSpacing3(where, spacingMm, pair.truth.rank);
  const numClasses = classNames.length;
  const confusion = countPairs(where, pair, {
    numClasses,
    ...(ignoreLabel === undefined ? {} : { ignoreLabel }),
  });
  const hasSpacing = spacingMm !== null && spacingMm !== undefined;
  // A slice has an area but no volume.
  const voxelMl =
    hasSpacing && pair.truth.rank === 3 ? (spacing[0] * spacing[1] * spacing[2]) / 1000 : NaN;
  const shown = ignoreLabel === undefined ? pair : withoutIgnored(pair, ignoreLabel);
  const boxes =
    hasDistances || hasLesions ? labelBoxes(shown.truth, shown.prediction, numClasses) : [];
  const classes = classNames.map((name, label): ClassRecord => {
    const counts = classCounts(confusion, label);
    const box = label > 0 ? (boxes[label] ?? null) : null;
    const cut = box === null ? null : cutClass(shown.truth, shown.prediction, label, box);
    const distances = hasDistances && label > 0 ? distancesOf(cut, spacing, surface) : null;
    const lesions =
      hasLesions && label > 0 ? detectLesions(cut, options.lesionOptions ?? {}) : null;
    return {
      name,
      label,
      counts,
      dice: dice(counts),
      iou: iou(counts),
      precision: precision(counts),
      recall: recall(counts),
      specificity: specificity(counts),
      relativeVolumeError: relativeVolumeError(counts),
      hd95: distances === null ? NaN : hausdorff(distances, 95),
      assd: distances === null ? NaN : averageSymmetricSurfaceDistance(distances),
      surfaceDice: distances === null ? NaN : surfaceDice(distances, tolerance),
      lesionF1: lesions === null ? NaN : lesions.f1,
      lesions,
      truthMl: (counts.truePositives + counts.falseNegatives) * voxelMl,
      predictedMl: (counts.truePositives + counts.falsePositives) * voxelMl,
    };
  });
  return {
    id,
    group: options.group ?? id,
    classes,
    confusion,
    accuracy: pixelAccuracy(confusion),
    lungInvolvement: lungInvolvementOf(shown, options),
    distanceUnit: hasSpacing ? "mm" : "px",
    tolerance,
  };
}

/**
 * The scores of one case: each metric's mean over the foreground classes that the truth has, where it is
 * defined (precision: of those that were predicted); NaN where there is none.
 */
export interface CaseScores extends MetricValues {
  /** Fraction of correctly classified pixels, background included. */
  readonly accuracy: number;
}

/**
 * The scores of one case, which tables, reports and headline scores average over cases.
 *
 * @example
 * const truth = { height: 1, width: 4, data: Uint8Array.of(0, 1, 2, 2) };
 * const prediction = { height: 1, width: 4, data: Uint8Array.of(0, 1, 2, 0) };
 * const classNames = ["background", "ground-glass", "consolidation", "effusion"];
 * caseScores(caseMetrics(truth, prediction, { id: "a", classNames })).dice.toFixed(2); // "0.83"
 */
export function caseScores(record: CaseRecord): CaseScores {
  const present = record.classes.filter((row) => row.label > 0 && hasTruth(row));
  const means = METRIC_NAMES.map((name): [MetricName, number] => [
    name,
    definedMean(present.map((row) => row[name])),
  ]);
  return { ...(Object.fromEntries(means) as MetricValues), accuracy: record.accuracy };
}

/** Whether the truth has the class. */
export function hasTruth(row: ClassRecord): boolean {
  return row.counts.truePositives + row.counts.falseNegatives > 0;
}

/** The mean of the values that are not NaN; NaN if there are none. */
export function definedMean(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.length === 0
    ? NaN
    : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

function lungInvolvementOf(
  { truth, prediction }: { truth: ByteGrid; prediction: ByteGrid },
  { lungMask, diseaseLabels, id }: CaseOptions,
): LungInvolvement | null {
  if (lungMask === undefined) return null;
  const { depth, height, width, rank } = truth;
  const shape = rank === 3 ? [depth, height, width] : [height, width];
  const lung = toByteGridLike(`caseMetrics("${id}").lungMask`, lungMask, shape);
  return {
    truthPercent: involvementPercent(truth.data, lung.data, diseaseLabels),
    predictedPercent: involvementPercent(prediction.data, lung.data, diseaseLabels),
  };
}

function distancesOf(
  cut: ClassCut | null,
  spacing: readonly [number, number, number],
  surface: "voxels" | "surfels",
): SurfaceDistances {
  if (cut === null) return NO_SURFACES;
  return surface === "voxels" ? voxelDistances(cut, spacing) : surfelDistancesOfCut(cut, spacing);
}

function withoutIgnored(
  pair: { truth: ByteGrid; prediction: ByteGrid },
  ignoreLabel: number,
): { truth: ByteGrid; prediction: ByteGrid } {
  const truth = pair.truth.data.slice();
  const prediction = pair.prediction.data.slice();
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] !== ignoreLabel) continue;
    truth[i] = 0;
    prediction[i] = 0;
  }
  return {
    truth: { ...pair.truth, data: truth },
    prediction: { ...pair.prediction, data: prediction },
  };
}
