import { dirname } from "node:path";
import { DataError } from "../../core/errors";
import { isOrthogonal } from "../../data/affine";
import {
  UNNAMED,
  expectLabels,
  markLabels,
  noLabels,
  numberedClasses,
} from "../../data/classNames";
import { alignLabels } from "../../data/geometry/alignLabels";
import { sliceVolume } from "../../data/volumeSlices";
import { pathKind } from "../../files/readFiles";
import { caseMetrics, summarise } from "../../metrics";
import type { LabelGrid, SpacingMm } from "../../metrics";
import type { Evaluation } from "./evaluateModel";
import { describedClasses, knownClasses, pairMaskFiles } from "./maskFiles";
import type { MaskPlaces } from "./maskFiles";
import { MaskReader, isVolume } from "./readMasks";
import type { Mask, ReadMaskOptions } from "./readMasks";

/** Options of {@link evaluateFiles}. */
export interface EvaluateFilesOptions extends MaskPlaces, ReadMaskOptions {
  /**
   * Names by label, background first; by default those of `dataset.json`, of DICOM segmentations or of a known data
   * set, else `class 1` up to the largest label that occurs.
   */
  readonly classNames?: readonly string[];
  /** Whether a case of a NIfTI mask is a slice or the volume; default `"slice"`, as in the paper. */
  readonly per?: "slice" | "volume";
  /** Whether to resample a prediction whose grid differs from that of its truth; by default that is an error. */
  readonly resample?: boolean;
}

/** The cases of a mask file: one, or one per slice. */
interface MaskCase {
  readonly id: string;
  readonly grid: LabelGrid;
  readonly spacingMm: SpacingMm | null;
}

/**
 * Scores mask files against mask files.
 *
 * Masks are compared by position; if only the order of axes differs, the prediction is reordered.
 *
 * @throws DataError that names the file: one without a partner on either side, two for one, one on
 *   another grid (with the difference in mm), or one with a label that is not a class
 */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<Evaluation> {
  const pairs = await pairMaskFiles(options);
  const described = options.classNames ?? (await describedClasses(options.truth));
  const reader = new MaskReader(options, described, await foldersOf(options));
  const cases: ScoredCase[] = [];
  for (const { stem, prediction, truth } of pairs) {
    const truthMask = await reader.read(truth);
    const predicted = prediction === null ? emptyLike(truthMask) : await reader.read(prediction);
    const path = prediction ?? truth;
    const truths = casesOf(truthMask, truth, stem, options);
    const predictions = casesOf(
      onTruthGrid(path, truthMask, predicted, options),
      path,
      stem,
      options,
    );
    truths.forEach((item, index) =>
      cases.push({
        truth: item,
        prediction: predictions[index],
        path,
        group: truths.length > 1 && pairs.length > 1 ? stem : item.id,
      }),
    );
  }
  const names = reader.classNames ?? (await knownClasses(options.truth));
  const seen = noLabels();
  for (const { truth, prediction, path } of cases) {
    collectLabels(truth, names, options.truth, seen);
    collectLabels(prediction, names, path, seen);
  }
  const largest = Math.max(1, seen.lastIndexOf(1));
  if (names === null) expectLabels(() => options.truth, seen);
  const classNames = described ?? names?.slice(0, largest + 1) ?? numberedClasses(largest);
  const records = cases.map(({ truth, prediction, group }) =>
    caseMetrics(truth.grid, prediction.grid, {
      id: truth.id,
      group,
      classNames,
      spacingMm: truth.spacingMm,
    }),
  );
  return { records, summary: summarise(records) };
}

/** Folders of masks, which may also hold images. */
async function foldersOf({ truth, prediction }: EvaluateFilesOptions): Promise<string[]> {
  const kinds = await Promise.all([truth, prediction].map(pathKind));
  return [truth, prediction].map((path, index) =>
    kinds[index] === "folder" ? path : dirname(path),
  );
}

/** A case with its truth and its prediction. */
interface ScoredCase {
  readonly truth: MaskCase;
  readonly prediction: MaskCase;
  readonly path: string;
  readonly group: string;
}

/** An empty prediction on the truth's grid. */
function emptyLike(truth: Mask): Mask {
  return { ...truth, data: new Uint8Array(truth.data.length) };
}

/** The prediction in the truth's voxel order; throws if its grid differs. */
function onTruthGrid(
  path: string,
  truth: Mask,
  prediction: Mask,
  { resample = false }: EvaluateFilesOptions,
): Mask {
  if (isVolume(truth) && isVolume(prediction)) {
    return alignLabels(truth, prediction, {
      resample,
      remedy:
        "Bring the prediction back to the scan's own grid, as predict does, or resample it (resample, --resample)",
    });
  }
  const describe = (mask: Mask): string =>
    isVolume(mask) ? "a volume" : `a picture of ${mask.width} x ${mask.height}`;
  if (describe(truth) === describe(prediction)) return prediction;
  throw new DataError({
    where: path,
    expected: `${describe(truth)}, as the truth`,
    got: describe(prediction),
    remedy: "Bring the prediction back to the scan's own grid, as predict does",
  });
}

function casesOf(
  mask: Mask,
  path: string,
  stem: string,
  { per = "slice" }: EvaluateFilesOptions,
): MaskCase[] {
  if (!isVolume(mask)) return [{ id: stem, grid: mask, spacingMm: null }];
  const { shape, spacingMm, data } = mask;
  if (per === "volume") {
    if (!isOrthogonal(mask.affine)) {
      throw new DataError({
        where: path,
        expected: "axes at right angles, to measure distances and volumes along them",
        got: "a sheared grid (gantry tilt)",
        remedy:
          "Score it slice by slice (per, --per slice), or resample it to an upright grid first",
      });
    }
    const grid = { depth: shape[2], height: shape[1], width: shape[0], data };
    return [{ id: stem, grid, spacingMm: [spacingMm[2], spacingMm[1], spacingMm[0]] }];
  }
  const image = { ...mask, data: new Float32Array(data.length) };
  const { cases } = sliceVolume(image, mask, { name: stem, classNames: UNNAMED });
  return cases.flatMap(({ id, labels, spacingMm: spacing }) =>
    labels === null ? [] : [{ id, grid: labels, spacingMm: spacing }],
  );
}

/** Marks the labels that occur in a case; throws on labels beyond the named classes. */
function collectLabels(
  { grid, id }: MaskCase,
  names: readonly string[] | null,
  path: string,
  seen: Uint8Array,
): void {
  markLabels(grid.data, seen);
  const largest = seen.lastIndexOf(1);
  if (names === null || largest < names.length) return;
  throw new DataError({
    where: `${path}: ${id}`,
    expected: `labels from 0 to ${names.length - 1}`,
    got: String(largest),
    remedy:
      "Name the classes with --classes, background first, or map the values to labels (labels, --labels)",
  });
}
