import { dirname, extname, join } from "node:path";
import { DataError } from "../../core/errors";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";
import { isDicomFile } from "../../data/dicom/dicomFolder";
import { readDicomLabels } from "../../data/dicom/readDicomLabels";
import { readMaskPng } from "../../data/images/png";
import { readNiftiLabels } from "../../data/nifti/readNifti";
import { readClassNames } from "../../data/datasetJson";
import { IS_NIFTI, MASK_FOLDERS, entryNamed } from "../../data/folderLayout";
import { alignLabels } from "../../data/geometry/alignLabels";
import { isOrthogonal } from "../../data/affine";
import type { LabelMap } from "../../data/labelMap";
import { isMaskName, pairByName } from "../../data/pairing";
import { CLASS_NAMES } from "../../data/types";
import type { Plane, Volume } from "../../data/types";
import { caseMetrics, summarise } from "../../metrics";
import type { LabelGrid, SpacingMm } from "../../metrics";
import type { Evaluation } from "./evaluateModel";
import { sliceVolume } from "../../data/volumeSlices";

/** What {@link evaluateFiles} compares. */
export interface EvaluateFilesOptions {
  /** A NIfTI mask, a palette PNG, a DICOM segmentation (with `images`), or a folder of either. */
  readonly prediction: string;
  /**
   * Likewise; in folders the files of one stem belong together, or of one name but for words such as
   * `im` and `mask`. A file without partner on either side is an error.
   */
  readonly truth: string;
  /** Names by label, background first; default the toolkit's, up to the largest label that is met. */
  readonly classNames?: readonly string[];
  /** The folder of the DICOM series that segmentations (SEG) were made on. */
  readonly images?: string;
  /** Which series of that folder, by its UID or number, where it holds several. */
  readonly series?: string;
  /** What is one case of a NIfTI mask; default `"slice"`, as the paper counts. */
  readonly per?: "slice" | "volume";
  /** A truth without prediction: an error (default), or scored as if nothing had been found. */
  readonly missing?: "error" | "empty";
  /** Whether a prediction on another grid than its truth is resampled; default false: it is refused. */
  readonly resample?: boolean;
  /** The label that each value of the masks stands for, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
}

/** A mask file's cases: one, or one a slice. */
interface MaskCase {
  readonly id: string;
  readonly grid: LabelGrid;
  readonly spacingMm: SpacingMm | null;
}

/**
 * Scores mask files against mask files.
 *
 * Masks are compared by place: the same grid in another order of axes is put in the truth's order.
 *
 * @throws DataError that names the file: one without partner on either side, two for one, one on
 *   another grid (with the difference in mm), or with a label that is no class
 */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<Evaluation> {
  const pairs = await pairMasks(options);
  const cases: ScoredCase[] = [];
  for (const { stem, prediction, truth } of pairs) {
    const truthMask = await readMask(truth, options);
    const predicted =
      prediction === null ? emptyLike(truthMask) : await readMask(prediction, options);
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
  const described = options.classNames ?? (await describedClasses(options.truth));
  const names = described ?? CLASS_NAMES;
  const largest = cases.reduce(
    (most, { truth, prediction, path }) =>
      Math.max(
        most,
        largestLabel(truth, names.length, options.truth),
        largestLabel(prediction, names.length, path),
      ),
    1,
  );
  const classNames = described ?? names.slice(0, largest + 1);
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

/** A case on both sides. */
interface ScoredCase {
  readonly truth: MaskCase;
  readonly prediction: MaskCase;
  readonly path: string;
  readonly group: string;
}

/** A mask file: a volume or a picture. */
type Mask = Volume<Uint8Array> | Plane<Uint8Array>;

const isVolume = (mask: Mask): mask is Volume<Uint8Array> => "affine" in mask;

/** The class names in the `dataset.json` of the truth's folder, or of the one above it. */
async function describedClasses(truth: string): Promise<readonly string[] | null> {
  return (
    (await readClassNames(join(truth, "dataset.json"))) ??
    (await readClassNames(join(dirname(truth), "dataset.json")))
  );
}

/** The files that belong together, by name; `null` for a prediction that is missing and scored as empty. */
async function pairMasks({
  prediction,
  truth,
  missing = "error",
}: EvaluateFilesOptions): Promise<{ stem: string; prediction: string | null; truth: string }[]> {
  const kinds = [await pathKind(prediction), await pathKind(truth)];
  if (kinds.every((kind) => kind === "folder")) {
    const predictions = await maskFiles(prediction);
    const truths = await maskFiles(truth);
    const pathOf = (name: string): string => join(truths.folder, name);
    const otherPathOf = (name: string): string => join(predictions.folder, name);
    const pairs = pairByName(truths.names, predictions.names, {
      ...{ pathOf, otherPathOf, kind: "truth", otherKind: "prediction" },
    });
    const alone = [...pairs].filter(([, partner]) => partner === null).map(([name]) => name);
    if (alone.length > 0 && missing === "error") {
      const more = alone.length > 5 ? ` and ${alone.length - 5} more` : "";
      throw new DataError({
        where: predictions.folder,
        expected: `a prediction for each of the ${truths.names.length} truths`,
        got: `none for ${alone.slice(0, 5).join(", ")}${more}`,
        remedy: "Add them, or score them as empty (missing, --missing empty)",
      });
    }
    return [...pairs].map(([name, partner]) => ({
      stem: fileStem(name),
      truth: pathOf(name),
      prediction: partner === null ? null : otherPathOf(partner),
    }));
  }
  for (const [index, path] of [prediction, truth].entries()) {
    if (kinds[index] === "file") continue;
    throw new DataError({
      where: path,
      expected: kinds.includes("folder")
        ? "two files or two folders"
        : "a mask or a folder of masks",
      got: kinds[index] === "folder" ? "a folder beside a file" : "nothing at that path",
      remedy: "Check the path for a typing error",
    });
  }
  return [{ stem: fileStem(truth), prediction, truth }];
}

/** Mask files of a folder, or of its folder of masks. */
async function maskFiles(folder: string): Promise<{ folder: string; names: readonly string[] }> {
  const names = await listFolder(folder);
  const inner = entryNamed(names, MASK_FOLDERS);
  if (inner !== undefined) return maskFiles(join(folder, inner));
  const files = names.filter(
    (name) => IS_NIFTI.test(name) || extname(name).toLowerCase() === ".png",
  );
  // Beside scans, the masks are those that are named so.
  const named = files.filter(isMaskName);
  const masks = named.length > 0 ? named : files;
  if (masks.length === 0) {
    throw new DataError({
      where: folder,
      expected: "masks: PNG or NIfTI files",
      got: names.length === 0 ? "an empty folder" : `${names.length} other files`,
      remedy: "Name the folder that holds the masks",
    });
  }
  return { folder, names: masks };
}

async function readMask(
  path: string,
  { images, series, labels }: EvaluateFilesOptions,
): Promise<Mask> {
  const mapped = labels === undefined ? {} : { labels };
  if (IS_NIFTI.test(path)) return readNiftiLabels(path, mapped);
  if (!(await isDicomFile(path))) return readMaskPng(path, mapped);
  if (images === undefined) {
    throw new DataError({
      where: path,
      expected: "the images that a DICOM segmentation was made on",
      got: "none",
      remedy: "Name their folder (images, --images)",
    });
  }
  return (await readDicomLabels(path, images, series === undefined ? {} : { series })).mask;
}

/** Nothing found, on the truth's grid. */
function emptyLike(truth: Mask): Mask {
  return { ...truth, data: new Uint8Array(truth.data.length) };
}

/** The prediction in the truth's order of voxels; refused where it lies elsewhere. */
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
  const { cases } = sliceVolume(image, mask, { name: stem });
  return cases.flatMap(({ id, labels, spacingMm: spacing }) =>
    labels === null ? [] : [{ id, grid: labels, spacingMm: spacing }],
  );
}

function largestLabel({ grid, id }: MaskCase, numClasses: number, path: string): number {
  let largest = 0;
  for (const label of grid.data) if (label > largest) largest = label;
  if (largest < numClasses) return largest;
  throw new DataError({
    where: `${path}: ${id}`,
    expected: `labels from 0 to ${numClasses - 1}`,
    got: String(largest),
    remedy:
      "Name the classes with --classes, background first, or map the values to labels (labels, --labels)",
  });
}
