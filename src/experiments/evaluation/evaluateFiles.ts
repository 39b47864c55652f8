import { extname, join } from "node:path";
import { DataError } from "../../core/errors";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";
import { isDicomFile } from "../../data/dicom/dicomFolder";
import { readDicomLabels } from "../../data/dicom/readDicomLabels";
import { readMaskPng } from "../../data/images/png";
import { readNiftiLabels } from "../../data/nifti/readNifti";
import { IS_NIFTI, MASK_FOLDERS, MASK_WORDS, entryNamed, pairKey } from "../../data/readDataset";
import { CLASS_NAMES } from "../../data/types";
import type { Volume } from "../../data/types";
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
   * `im` and `mask`. Truths without a prediction are left out.
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
 * @throws DataError that names the file: one that is missing on either side, of another size, or
 *   with a label that is no class
 */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<Evaluation> {
  const pairs = await pairMasks(options.prediction, options.truth);
  const cases: { prediction: MaskCase; truth: MaskCase; path: string; group: string }[] = [];
  for (const { stem, prediction, truth } of pairs) {
    const truths = await readMask(truth, stem, options);
    const predictions = await readMask(prediction, stem, options);
    expectSameShape(prediction, predictions, truths);
    truths.forEach((item, index) =>
      cases.push({
        truth: item,
        prediction: predictions[index],
        path: prediction,
        group: truths.length > 1 && pairs.length > 1 ? stem : item.id,
      }),
    );
  }
  const names = options.classNames ?? CLASS_NAMES;
  const largest = cases.reduce(
    (most, { truth, prediction, path }) =>
      Math.max(
        most,
        largestLabel(truth, names.length, options.truth),
        largestLabel(prediction, names.length, path),
      ),
    1,
  );
  const classNames = options.classNames ?? names.slice(0, largest + 1);
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

/** The files that belong together, by stem. */
async function pairMasks(
  prediction: string,
  truth: string,
): Promise<{ stem: string; prediction: string; truth: string }[]> {
  const kinds = [await pathKind(prediction), await pathKind(truth)];
  if (kinds.every((kind) => kind === "folder")) {
    const predictions = await maskFiles(prediction);
    const truths = await maskFiles(truth);
    const byKey = new Map([...truths].map(([stem, path]) => [pairKey(stem), path]));
    return [...predictions].map(([stem, path]) => {
      const partner = truths.get(stem) ?? byKey.get(pairKey(stem));
      if (partner !== undefined) return { stem, prediction: path, truth: partner };
      throw new DataError({
        where: path,
        expected: `a mask "${stem}" in ${truth} to compare with`,
        got: "none",
        remedy: "Files belong together by their stem: name them alike, or take this one out",
      });
    });
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

/** Mask files of a folder, or of its folder of masks, by stem. */
async function maskFiles(folder: string): Promise<Map<string, string>> {
  const names = await listFolder(folder);
  const inner = entryNamed(names, MASK_FOLDERS);
  if (inner !== undefined) return maskFiles(join(folder, inner));
  const files = names.filter(
    (name) => IS_NIFTI.test(name) || extname(name).toLowerCase() === ".png",
  );
  // Beside scans, the masks are those that are named so.
  const named = files.filter((name) => MASK_WORDS.test(fileStem(name)));
  const masks = named.length > 0 ? named : files;
  if (masks.length === 0) {
    throw new DataError({
      where: folder,
      expected: "masks: PNG or NIfTI files",
      got: names.length === 0 ? "an empty folder" : `${names.length} other files`,
      remedy: "Name the folder that holds the masks",
    });
  }
  return new Map(masks.map((name) => [fileStem(name), join(folder, name)]));
}

/** A mask file as a volume; `null` for a picture. */
async function readMaskVolume(
  path: string,
  { images, series }: EvaluateFilesOptions,
): Promise<Volume<Uint8Array> | null> {
  if (IS_NIFTI.test(path)) return readNiftiLabels(path);
  if (!(await isDicomFile(path))) return null;
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

async function readMask(
  path: string,
  stem: string,
  options: EvaluateFilesOptions,
): Promise<MaskCase[]> {
  const { per = "slice" } = options;
  const volume = await readMaskVolume(path, options);
  if (volume === null) {
    return [{ id: stem, grid: await readMaskPng(path), spacingMm: null }];
  }
  const { shape, spacingMm, data } = volume;
  if (per === "volume") {
    const grid = { depth: shape[2], height: shape[1], width: shape[0], data };
    return [{ id: stem, grid, spacingMm: [spacingMm[2], spacingMm[1], spacingMm[0]] }];
  }
  const image = { ...volume, data: new Float32Array(data.length) };
  const { cases } = sliceVolume(image, volume, { name: stem });
  return cases.flatMap(({ id, labels, spacingMm: spacing }) =>
    labels === null ? [] : [{ id, grid: labels, spacingMm: spacing }],
  );
}

function expectSameShape(
  path: string,
  predictions: readonly MaskCase[],
  truths: readonly MaskCase[],
): void {
  const size = (cases: readonly MaskCase[]): string => {
    const [{ grid }] = cases;
    const depth = "depth" in grid ? grid.depth : cases.length;
    return `${grid.width} x ${grid.height}${depth > 1 ? ` x ${depth}` : ""}`;
  };
  if (size(predictions) === size(truths)) return;
  throw new DataError({
    where: path,
    expected: `the truth's size, ${size(truths)}`,
    got: size(predictions),
    remedy: "Bring the prediction back to the scan's own grid, as predict does",
  });
}

function largestLabel({ grid, id }: MaskCase, numClasses: number, path: string): number {
  let largest = 0;
  for (const label of grid.data) if (label > largest) largest = label;
  if (largest < numClasses) return largest;
  throw new DataError({
    where: `${path}: ${id}`,
    expected: `labels from 0 to ${numClasses - 1}`,
    got: String(largest),
    remedy: "Name the classes with --classes, background first, or map the values to labels",
  });
}
