import { basename, dirname, join } from "node:path";
import { DataError } from "../../core/errors";
import { fileStem, folderName, listFolder, pathKind } from "../../files/readFiles";
import { IMAGE_FOLDERS, IS_NIFTI, MASK_FOLDERS, entryNamed } from "../folderLayout";
import { alignLabels } from "../geometry/alignLabels";
import { checkLabelRange } from "../images/png";
import { UNNAMED, knownPair } from "../classNames";
import type { FilePair } from "../listedPairs";
import { groupNeighbours } from "../nearDuplicates";
import { isMaskName, maskOf, pairByName } from "../pairing";
import type { SliceDataset } from "../types";
import { sliceVolume } from "../volumeSlices";
import { warnOfGuess } from "./guessUnit";
import { oncePerKey, warnOfPlacement } from "./placementIssue";
import { readNifti, readNiftiLabels } from "./readNifti";
import type { ReadNiftiLabelsOptions, ReadNiftiOptions } from "./readNifti";

/** Options for reading pairs of NIfTI files. */
export interface NiftiPairOptions extends ReadNiftiOptions, ReadNiftiLabelsOptions {
  /** Class names by label, background first; by default those of the data, else `class 1`, `class 2`, … */
  readonly classNames?: readonly string[];
  /** Whether near-duplicate slices of a single stack form one group; default true. */
  readonly keepsNeighboursTogether?: boolean;
  /** Whether to resample a mask on another grid to its image's grid; by default it is an error. */
  readonly resample?: boolean;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
const GRID_REMEDY = "Pair each mask with its own image, or resample it (resample, --resample)";

/** Rejects labels without a class name. */
export function checkLabels(maskPath: string | null | undefined, dataset: SliceDataset): void {
  if (dataset.classNames === UNNAMED) return;
  for (const { id, labels } of dataset.cases) {
    if (labels === null) continue;
    checkLabelRange(`${maskPath}: slice ${id}`, labels, dataset.classNames.length);
  }
}

/** One image volume with its mask, as slices; neighbours in a stack are grouped. */
async function readNiftiPair(
  imagePath: string,
  maskPath: string | null,
  options: NiftiPairOptions,
  isOneOfMany: boolean,
): Promise<SliceDataset> {
  const { keepsNeighboursTogether = true, resample = false } = options;
  const image = await readNifti(imagePath, options);
  const stored = maskPath === null ? null : await readNiftiLabels(maskPath, options);
  const mask = stored && alignLabels(image, stored, { resample, remedy: GRID_REMEDY });
  const name = fileStem(imagePath);
  const known = maskPath === null || isOneOfMany ? undefined : knownPair(name, fileStem(maskPath));
  const classNames = options.classNames ?? known ?? UNNAMED;
  const dataset = sliceVolume(image, mask, {
    name,
    classNames,
    ...(isOneOfMany ? { group: name } : {}),
  });
  checkLabels(maskPath, dataset);
  if (isOneOfMany) return dataset;
  const cases = keepsNeighboursTogether ? groupNeighbours(dataset.cases) : dataset.cases;
  return { ...dataset, cases, patients: "oneVolume" };
}

/** The NIfTI files of a folder: images, and masks, which are recognised by folder or name. */
async function niftiNames(
  imageFolder: string,
  maskFolder: string | null,
): Promise<{ readonly images: readonly string[]; readonly masks: readonly string[] }> {
  const found = (await listFolder(imageFolder)).filter((name) => IS_NIFTI.test(name));
  if (maskFolder === null) return { images: found, masks: [] };
  if (maskFolder === imageFolder) {
    const images = found.filter((name) => !isMaskName(name));
    return { images, masks: found.filter(isMaskName) };
  }
  const masks = (await listFolder(maskFolder)).filter((name) => IS_NIFTI.test(name));
  return { images: found, masks };
}

/** nnU-Net's cases of several channels, `a_0000` and `a_0001`, would be read as two patients. */
function expectOneChannel(folder: string, names: readonly string[]): void {
  const channelOf = (name: string) => /^(.*)_(\d{4})$/.exec(fileStem(name));
  const firsts = new Map(
    names.flatMap((name) => {
      const match = channelOf(name);
      return match?.[2] === "0000" ? [[match[1], name]] : [];
    }),
  );
  for (const name of names) {
    const match = channelOf(name);
    const first = match === null ? undefined : firsts.get(match[1]);
    if (first === undefined || first === name) continue;
    throw new DataError({
      where: folder,
      expected: "one image per case",
      got: `${first} and ${name}, channels of one case`,
      remedy: "Keep the channel to train on, and move the others into another folder",
    });
  }
}

/**
 * Reads a folder of NIfTI images with their masks. If there are several volumes, each is one patient's.
 *
 * @param maskFolder the same folder if masks lie beside their images; `null` for no masks
 * @throws DataError for a mask without an image, two masks for one image, a mask on another grid, or
 *   more than `maxBytes` in total
 */
export async function readNiftiFolder(
  imageFolder: string,
  maskFolder: string | null,
  options: NiftiPairOptions,
): Promise<SliceDataset> {
  const { images, masks } = await niftiNames(imageFolder, maskFolder);
  expectOneChannel(imageFolder, images);
  const inImages = (name: string): string => join(imageFolder, name);
  const inMasks = (name: string): string => join(maskFolder ?? imageFolder, name);
  const pairs = pairByName(images, masks, {
    ...{ pathOf: inImages, otherPathOf: inMasks, kind: "image", otherKind: "mask" },
  });
  const files = [...pairs].map(([image, mask]) => ({
    image: inImages(image),
    mask: mask === null ? null : inMasks(mask),
  }));
  return readNiftiPairs(imageFolder, files, options);
}

/**
 * {@link readNiftiFolder} for known pairs.
 *
 * @param folder for error messages and the data set's name
 */
export async function readNiftiPairs(
  folder: string,
  pairs: readonly FilePair[],
  options: NiftiPairOptions,
): Promise<SliceDataset> {
  const isMany = pairs.length > 1;
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const issues = withWarningsOnce(options);
  const datasets: SliceDataset[] = [];
  let heldBytes = 0;
  for (const { image, mask } of pairs) {
    const limits = { ...options, ...issues, maxBytes: maxBytes - heldBytes };
    const dataset = await readNiftiPair(image, mask, limits, isMany);
    for (const { image: plane, labels } of dataset.cases) {
      heldBytes += plane.data.byteLength + (labels?.data.byteLength ?? 0);
    }
    datasets.push(dataset);
  }
  const [first] = datasets as (SliceDataset | undefined)[];
  if (first === undefined) {
    throw new DataError({
      where: folder,
      expected: "NIfTI images",
      got: "none",
      remedy: "Name the folder that holds the scans",
    });
  }
  if (!isMany) return first;
  return {
    name: folderName(folder),
    classNames: first.classNames,
    cases: datasets.flatMap(({ cases }) => cases),
    grid: null,
  };
}

/** Issues are reported once per kind, not per file. */
export function withWarningsOnce({
  onUnitGuess = warnOfGuess,
  onPlacementIssue = warnOfPlacement,
}: NiftiPairOptions): Pick<NiftiPairOptions, "onUnitGuess" | "onPlacementIssue"> {
  return {
    onUnitGuess: oncePerKey(({ unit }) => unit, onUnitGuess),
    onPlacementIssue: oncePerKey(({ kind }) => kind, onPlacementIssue),
  };
}

/**
 * Reads one NIfTI image, with the mask beside it or in the folder of masks next to its own folder.
 *
 * @throws DataError for two masks, or one on another grid
 */
export async function readNiftiFile(
  path: string,
  options: NiftiPairOptions,
): Promise<SliceDataset> {
  const folder = dirname(path);
  const maskFolder = await maskFolderOf(folder);
  const { images, masks } = await niftiNames(folder, maskFolder);
  const name = basename(path);
  // A mask that was asked for by its path is read as an image.
  const isImage = images.includes(name);
  const mask = isImage ? maskOf(name, images, masks, (other) => join(folder, other)) : null;
  const maskPath = mask === null ? null : join(maskFolder, mask);
  return readNiftiPair(path, maskPath, { ...options, ...withWarningsOnce(options) }, false);
}

/** The folder of masks beside `images`; the folder itself if masks lie beside their images. */
async function maskFolderOf(folder: string): Promise<string> {
  if (!IMAGE_FOLDERS.includes(basename(folder).toLowerCase())) return folder;
  const parent = dirname(folder);
  if ((await pathKind(parent)) !== "folder") return folder;
  const masks = entryNamed(await listFolder(parent), MASK_FOLDERS);
  return masks === undefined ? folder : join(parent, masks);
}
