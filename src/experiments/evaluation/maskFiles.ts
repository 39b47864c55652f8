import { dirname, extname, join } from "node:path";
import { DataError } from "../../core/errors";
import { readClassNames } from "../../data/datasetJson";
import { isDicomFile } from "../../data/dicom/dicomFolder";
import { readDicomLabels } from "../../data/dicom/readDicomLabels";
import { IS_NIFTI, MASK_FOLDERS, entryNamed } from "../../data/folderLayout";
import { readMaskPng } from "../../data/images/png";
import type { LabelMap } from "../../data/labelMap";
import { readNiftiLabels } from "../../data/nifti/readNifti";
import { isMaskName, listed, pairByName } from "../../data/pairing";
import type { Plane, Volume } from "../../data/types";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";

/** Mask files to compare, and how they are read. */
export interface MaskFilesOptions {
  /** A NIfTI mask, a palette PNG, a DICOM segmentation (with `images`), or a folder of either. */
  readonly prediction: string;
  /**
   * Likewise; in folders the files of one stem belong together, or of one name but for words such as
   * `im` and `mask`. A file without partner on either side is an error.
   */
  readonly truth: string;
  /** The folder of the DICOM series that segmentations (SEG) were made on. */
  readonly images?: string;
  /** Which series of that folder, by its UID or number, where it holds several. */
  readonly series?: string;
  /** A truth without prediction: an error (default), or scored as if nothing had been found. */
  readonly missing?: "error" | "empty";
  /** The label that each value of the masks stands for, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
}

/** Two files that belong together; `null` for a prediction that is missing and scored as empty. */
interface MaskFilePair {
  readonly stem: string;
  readonly prediction: string | null;
  readonly truth: string;
}

/** A mask file: a volume or a picture. */
export type Mask = Volume<Uint8Array> | Plane<Uint8Array>;

export const isVolume = (mask: Mask): mask is Volume<Uint8Array> => "affine" in mask;

/** The class names in the `dataset.json` of the truth's folder, or of the one above it. */
export async function describedClasses(truth: string): Promise<readonly string[] | null> {
  return (
    (await readClassNames(join(truth, "dataset.json"))) ??
    (await readClassNames(join(dirname(truth), "dataset.json")))
  );
}

/**
 * The files that belong together, by name.
 *
 * @throws DataError that names the files without partner
 */
export async function pairMaskFiles({
  prediction,
  truth,
  missing = "error",
}: MaskFilesOptions): Promise<MaskFilePair[]> {
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
      throw new DataError({
        where: predictions.folder,
        expected: `a prediction for each of the ${truths.names.length} truths`,
        got: `none for ${listed(alone)}`,
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
  // Beside scans, the masks are those that are named so; nothing else may be left out.
  const named = files.filter(isMaskName);
  const masks = named.length > 0 ? named : files;
  const scans = files.filter((name) => !masks.includes(name));
  const pathOf = (name: string): string => join(folder, name);
  const pairs = pairByName(scans, scans.length > 0 ? masks : [], {
    ...{ pathOf, otherPathOf: pathOf, kind: "scan", otherKind: "mask" },
  });
  const alone = scans.filter((name) => pairs.get(name) === null);
  if (alone.length > 0) {
    throw new DataError({
      where: folder,
      expected: "masks only, or scans with their masks",
      got: `${listed(alone)} without mask beside ${listed(masks)}`,
      remedy: "Name all masks alike, or take the others out",
    });
  }
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

/** Reads a mask file of any kind. */
export async function readMaskFile(
  path: string,
  { images, series, labels }: Pick<MaskFilesOptions, "images" | "series" | "labels">,
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
