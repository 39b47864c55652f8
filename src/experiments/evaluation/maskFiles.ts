import { basename, dirname, extname, join } from "node:path";
import { DataError } from "../../core/errors";
import { SEMI_SEG_NAMES, knownPair } from "../../data/classNames";
import { describedNames, readDescription } from "../../data/datasetJson";
import type { LeftOutFile } from "../../data/dicom/chooseSeries";
import { dicomKind } from "../../data/dicom/dicomKind";
import { isDicomFile, readDicomHead } from "../../data/dicom/dicomFolder";
import { foldersWithScans, warnOfLeftOut } from "../../data/folderKind";
import { IMAGE_FOLDERS, IS_NIFTI, MASK_FOLDERS, entryNamed } from "../../data/folderLayout";
import { listedMasks } from "../../data/listedPairs";
import { otherFormat, formatError } from "../../data/otherFormats";
import { isMaskName, listed, pairByName } from "../../data/pairing";
import { fileStem, pathKind } from "../../files/readFiles";
import { asDataError } from "../../files/systemErrors";
import { listEntries } from "../../files/walkFolder";

/** Where masks to compare are. */
export interface MaskPlaces {
  /** A NIfTI mask, a palette PNG, a DICOM segmentation, or a folder of these. */
  readonly prediction: string;
  /**
   * The true masks, in the same forms. In folders, files are paired by equal stems, or by names that differ
   * only in words such as `im` and `mask`. A file without a partner on either side is an error.
   */
  readonly truth: string;
  /** A truth without a prediction: an error (default), or scored as an empty prediction. */
  readonly missing?: "error" | "empty";
}

/** Two paired files; `null` for a missing prediction that is scored as empty. */
interface MaskFilePair {
  readonly stem: string;
  readonly prediction: string | null;
  readonly truth: string;
}

const MASKS = "masks: NIfTI (.nii, .nii.gz), PNG, or DICOM segmentations";

/** The class names in the `dataset.json` of the truth's folder, or of the one above it. */
export async function describedClasses(truth: string): Promise<readonly string[] | null> {
  return (await describedNames(truth)) ?? (await describedNames(dirname(truth))) ?? null;
}

/** The class names of a data set that is recognised by its file names; `null` for any other. */
export async function knownClasses(truth: string): Promise<readonly string[] | null> {
  if ((await pathKind(truth)) === "file") return knownPair("tr_im", fileStem(truth)) ?? null;
  const folder = basename(truth) === "GT" ? dirname(truth) : truth;
  const { folders, files } = await listEntries(folder);
  if (folders.includes("Imgs") && folders.includes("GT")) return SEMI_SEG_NAMES;
  const mask = files.find((name) => IS_NIFTI.test(name) && fileStem(name) === "tr_mask");
  return mask === undefined ? null : (knownPair("tr_im", fileStem(mask)) ?? null);
}

/**
 * Pairs the files by name.
 *
 * @throws DataError that names the files without a partner
 */
export async function pairMaskFiles({
  prediction,
  truth,
  missing = "error",
}: MaskPlaces): Promise<MaskFilePair[]> {
  const kinds = [await kindOf(prediction), await kindOf(truth)];
  if (kinds.every((kind) => kind === "folder")) {
    const [predictions, truths] = [await masksOf(prediction), await masksOf(truth)];
    const pathOf = (name: string): string => truths.get(name) ?? name;
    const otherPathOf = (name: string): string => predictions.get(name) ?? name;
    const pairs = pairByName([...truths.keys()], [...predictions.keys()], {
      ...{ pathOf, otherPathOf, kind: "truth", otherKind: "prediction" },
    });
    const alone = [...pairs].filter(([, partner]) => partner === null).map(([name]) => name);
    if (alone.length > 0 && missing === "error") {
      throw new DataError({
        where: prediction,
        expected: `a prediction for each of the ${truths.size} truths`,
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
  const folder = kinds.indexOf("folder");
  if (folder >= 0) {
    throw new DataError({
      where: [prediction, truth][folder],
      expected: "two files or two folders",
      got: "a folder beside a file",
      remedy: "Name a file inside it, or the other file's folder",
    });
  }
  return [{ stem: fileStem(truth), prediction, truth }];
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  const kind = await pathKind(path);
  if (kind !== "missing") return kind;
  throw asDataError(path, "a mask or a folder of masks", { code: "ENOENT" });
}

/** The masks of a folder by the name they are paired by. */
async function masksOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const masks = await masksBelow(folder, "");
  if (masks.size > 0) return masks;
  const { files, folders } = await listEntries(folder);
  throw new DataError({
    where: folder,
    expected: MASKS,
    got:
      files.length + folders.length === 0
        ? "an empty folder"
        : `none among ${listed([...files, ...folders])}`,
    remedy: "Name the folder that holds the masks",
  });
}

/** Masks of a folder, of its folder of masks, or of the patients' folders in it. */
async function masksBelow(folder: string, prefix: string): Promise<Map<string, string>> {
  const { files, folders } = await listEntries(folder);
  const inner = entryNamed(folders, MASK_FOLDERS);
  if (inner !== undefined) {
    const masks = await listedMasks(folder, await readDescription(folder));
    if (masks === null) return masksBelow(join(folder, inner), prefix);
    return new Map(masks.map((path) => [`${prefix}${basename(path)}`, path]));
  }
  const own = await ownMasks(folder, files);
  const masks = new Map<string, string>();
  if (own.length > 0) {
    await warnOfDeeperMasks(folder, folders);
    // A patient's only mask is named after the patient.
    const patient = prefix.replace(/_$/, "");
    for (const name of own) {
      const isOnly = own.length === 1 && patient !== "";
      const key = isOnly ? `${patient}${extensionOf(name)}` : `${prefix}${withExtension(name)}`;
      masks.set(key, join(folder, name));
    }
    return masks;
  }
  for (const { path } of await foldersWithScans(folder, folders)) {
    const name = basename(path);
    for (const [key, mask] of await masksBelow(path, `${prefix}${name}_`)) masks.set(key, mask);
  }
  return masks;
}

/** Warns about folders beside masks that contain further masks; folders of images are fine. */
async function warnOfDeeperMasks(folder: string, folders: readonly string[]): Promise<void> {
  const others = folders.filter((name) => entryNamed([name], IMAGE_FOLDERS) === undefined);
  const leftOut: LeftOutFile[] = [];
  for (const { path } of await foldersWithScans(folder, others)) {
    const masks = await masksBelow(path, "");
    if (masks.size > 0) leftOut.push({ path, what: "folder with masks" });
  }
  warnOfLeftOut(folder, leftOut);
}

/** A mask name's extension; `.dcm` for any other name, such as a UID, whose dots separate no extension. */
function extensionOf(name: string): string {
  return /(\.nii(\.gz)?|\.png|\.dcm)$/i.exec(name)?.[0] ?? ".dcm";
}

function withExtension(name: string): string {
  return name.toLowerCase().endsWith(extensionOf(name).toLowerCase()) ? name : `${name}.dcm`;
}

/** The files of a folder that are masks. */
async function ownMasks(folder: string, names: readonly string[]): Promise<string[]> {
  const pathOf = (name: string): string => join(folder, name);
  const isPlain = (name: string): boolean =>
    IS_NIFTI.test(name) || extname(name).toLowerCase() === ".png";
  const files = names.filter(isPlain);
  // Beside scans, only files named as masks are masks; nothing else may be left out.
  const named = files.filter(isMaskName);
  const masks = named.length > 0 ? named : files;
  const scans = files.filter((name) => !masks.includes(name));
  const pairs = pairByName(scans, scans.length > 0 ? masks : [], {
    ...{ pathOf, otherPathOf: pathOf, kind: "scan", otherKind: "mask" },
  });
  const alone = scans.filter((name) => pairs.get(name) === null);
  if (alone.length > 0) {
    throw new DataError({
      where: folder,
      expected: "masks only, or scans with their masks",
      got: `${listed(alone)} without mask beside ${listed(masks)}`,
      remedy: "Name all masks the same way, or remove the others",
    });
  }
  const segmentations: string[] = [];
  for (const name of names.filter((one) => !isPlain(one))) {
    const format = otherFormat(name);
    // A mask that is not read would not show in the scores.
    if (format?.isImage === true) throw formatError(pathOf(name), MASKS, format);
    if (await isSegmentation(pathOf(name))) segmentations.push(name);
  }
  return [...masks, ...segmentations];
}

async function isSegmentation(path: string): Promise<boolean> {
  if (!(await isDicomFile(path))) return false;
  const head = await readDicomHead(path);
  return head !== null && dicomKind(head).kind === "segmentation";
}
