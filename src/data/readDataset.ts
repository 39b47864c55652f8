import { basename, extname, join } from "node:path";
import { DataError } from "../core/errors";
import { isDicomFile, isDicomFolder } from "./dicom/dicomFolder";
import { readDicomScan } from "./dicom/readDicomSeries";
import { compareNaturally, fileStem, listFolder, pathKind } from "../files/readFiles";
import type { ImageFolderOptions } from "./images/imageFolder";
import { readCovidSemiSeg, readImageFolder } from "./images/imageFolder";
import { checkLabelRange } from "./images/png";
import { IMAGE_ENDINGS, readGreyImage } from "./images/readGreyImage";
import { groupNeighbours } from "./nearDuplicates";
import { readNifti, readNiftiLabels } from "./nifti/readNifti";
import type { IntensityUnit, SliceDataset, Volume } from "./types";
import { CLASS_NAMES } from "./types";
import { readNpz } from "./readNpz";
import { sliceVolume } from "./volumeSlices";

/** What {@link readDataset} may be told. */
export interface ReadDatasetOptions extends ImageFolderOptions {
  /** What the numbers of a NIfTI image mean; by default noted in the file or guessed. */
  readonly unit?: IntensityUnit;
  /** Which DICOM series, where a folder holds several. */
  readonly series?: string;
}

export const IS_NIFTI = /\.nii(\.gz)?$/i;
/** The words that tell a mask's name from its image's: tr_im and tr_mask, scan and scan_seg. */
export const MASK_WORDS = /(^|[_\-.])(masks?|seg|segmentations?|labels?|gt)(?=$|[_\-.])/i;
const IMAGE_WORDS = /(^|[_\-.])(im|img|images?|ct|scan|vol|volume)(?=$|[_\-.])/i;
export const IMAGE_FOLDERS = ["imgs", "images", "image", "img"];
export const MASK_FOLDERS = ["gt", "masks", "mask", "labels", "label", "segmentations"];

/** What a pair's two names share. */
export function pairKey(name: string): string {
  return fileStem(name).replace(MASK_WORDS, "").replace(IMAGE_WORDS, "").toLowerCase();
}

/** Images with their masks, by name; masks without an image are an error. */
function pairNifti(folder: string, names: readonly string[]) {
  const masks = new Map<string, string>();
  const images: string[] = [];
  for (const name of names) {
    if (MASK_WORDS.test(fileStem(name))) masks.set(pairKey(name), name);
    else images.push(name);
  }
  const pairs = images.map((image) => ({ image, mask: masks.get(pairKey(image)) ?? null }));
  const used = new Set(pairs.map(({ mask }) => mask));
  for (const mask of masks.values()) {
    if (used.has(mask)) continue;
    throw new DataError({
      where: join(folder, mask),
      expected: "an image of the same name, such as tr_im.nii.gz beside tr_mask.nii.gz",
      got: images.length === 0 ? "masks only" : `images ${images.slice(0, 3).join(", ")}`,
      remedy: "Put the image beside it or name the pair alike",
    });
  }
  return pairs;
}

/** One image volume with its mask as slices; a stack's neighbours are grouped. */
async function readNiftiPair(
  imagePath: string,
  maskPath: string | null,
  options: ReadDatasetOptions,
  isOneOfMany: boolean,
): Promise<SliceDataset> {
  const { classNames = CLASS_NAMES, keepsNeighboursTogether = true } = options;
  const image = await readNifti(imagePath, options);
  const mask = maskPath === null ? null : await readNiftiLabels(maskPath, options);
  if (mask !== null) checkPair(image, mask);
  const name = fileStem(imagePath);
  const dataset = sliceVolume(image, mask, {
    name,
    classNames,
    ...(isOneOfMany ? { group: name } : {}),
  });
  checkLabels(maskPath, dataset);
  if (isOneOfMany || !keepsNeighboursTogether) return dataset;
  return { ...dataset, cases: groupNeighbours(dataset.cases) };
}

/** Refuses labels that are no class. */
function checkLabels(maskPath: string | null | undefined, dataset: SliceDataset): void {
  for (const { id, labels } of dataset.cases) {
    if (labels === null) continue;
    checkLabelRange(`${maskPath}: slice ${id}`, labels, dataset.classNames.length);
  }
}

/** A mask must lie on its image's grid. */
function checkPair(image: Volume, mask: Volume<Uint8Array>): void {
  if (mask.shape.every((size, axis) => size === image.shape[axis])) return;
  throw new DataError({
    where: mask.source,
    expected: `the shape of ${basename(image.source)}, ${image.shape.join(" x ")}`,
    got: mask.shape.join(" x "),
    remedy: "Pair each mask with its own image",
  });
}

async function readNiftiFolder(
  folder: string,
  names: readonly string[],
  options: ReadDatasetOptions,
): Promise<SliceDataset> {
  const pairs = pairNifti(folder, names);
  const isMany = pairs.length > 1;
  const datasets: SliceDataset[] = [];
  for (const { image, mask } of pairs) {
    const maskPath = mask === null ? null : join(folder, mask);
    datasets.push(await readNiftiPair(join(folder, image), maskPath, options, isMany));
  }
  if (!isMany) return datasets[0];
  return {
    name: basename(folder),
    classNames: datasets[0].classNames,
    cases: datasets.flatMap(({ cases }) => cases),
    grid: null,
  };
}

/** The folder's entry whose lower-case name is one of these. */
export function entryNamed(
  names: readonly string[],
  wanted: readonly string[],
): string | undefined {
  return names.find((name) => wanted.includes(name.toLowerCase()));
}

/** A DICOM series as one patient's slices, with the segmentation beside it. */
async function readDicom(path: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  const { volume, labels } = await readDicomScan(path, { ...options, hasLabels: true });
  const name = fileStem(path);
  const classNames = options.classNames ?? labels?.classNames ?? CLASS_NAMES;
  const mask = labels?.mask ?? null;
  const dataset = sliceVolume(volume, mask, { name, classNames, group: name });
  checkLabels(mask?.source, dataset);
  return dataset;
}

async function readFolder(folder: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  const names = await listFolder(folder);
  const imagesName = entryNamed(names, IMAGE_FOLDERS);
  const masksName = entryNamed(names, MASK_FOLDERS);
  if (imagesName === "Imgs" && masksName === "GT") return readCovidSemiSeg(folder, options);
  if (imagesName !== undefined) {
    const maskFolder = masksName === undefined ? null : join(folder, masksName);
    const dataset = await readImageFolder(join(folder, imagesName), maskFolder, options);
    return { ...dataset, name: basename(folder) };
  }
  const nifti = names.filter((name) => IS_NIFTI.test(name));
  if (nifti.length > 0) return readNiftiFolder(folder, nifti, options);
  if (names.some((name) => IMAGE_ENDINGS.includes(extname(name).toLowerCase()))) {
    return readImageFolder(folder, null, options);
  }
  if (await isDicomFolder(folder, names)) return readDicom(folder, options);
  const some = names.slice(0, 3).join(", ");
  throw new DataError({
    where: folder,
    expected: "NIfTI files, a DICOM series, Imgs and GT, images and masks, or images",
    got: names.length === 0 ? "an empty folder" : `${names.length} other entries (${some})`,
    remedy: "Name the folder that holds the scans",
  });
}

/**
 * Reads slices from what stands at a path: a NIfTI file (with its mask beside it, if one is named
 * alike: `tr_im` and `tr_mask`), a folder of such, a COVID-SemiSeg folder (`Imgs`, `GT`), `images` and
 * `masks`, a folder of images, a DICOM series (with a segmentation of it, if one lies beside it) or a
 * NumPy `.npz`.
 *
 * Groups: of several volumes each is one patient's; in a single stack or a folder of images,
 * near-duplicate slices are one group.
 *
 * @throws DataError that names the file, what is wrong and how to mend it
 */
export async function readDataset(
  path: string,
  options: ReadDatasetOptions = {},
): Promise<SliceDataset> {
  const kind = await pathKind(path);
  if (kind === "folder") return readFolder(path, options);
  if (kind === "file" && IS_NIFTI.test(path)) {
    const folder = join(path, "..");
    const names = (await listFolder(folder)).filter((name) => IS_NIFTI.test(name));
    const key = pairKey(basename(path));
    const mask = names
      .filter((name) => name !== basename(path) && MASK_WORDS.test(fileStem(name)))
      .sort(compareNaturally)
      .find((name) => pairKey(name) === key);
    return readNiftiPair(path, mask === undefined ? null : join(folder, mask), options, false);
  }
  if (kind === "file" && IMAGE_ENDINGS.includes(extname(path).toLowerCase())) {
    const id = fileStem(path);
    const image = await readGreyImage(path);
    const cases = [{ id, group: id, image, labels: null, unit: "grey8", spacingMm: null }] as const;
    return { name: id, classNames: options.classNames ?? CLASS_NAMES, cases, grid: null };
  }
  if (kind === "file" && /\.npz$/i.test(path)) return readNpz(path, options);
  if (kind === "file" && (await isDicomFile(path))) return readDicom(path, options);
  throw new DataError({
    where: path,
    expected: "a NIfTI file, an image, or a folder of them",
    got: kind === "missing" ? "nothing at that path" : `a ${extname(path) || "nameless"} file`,
    remedy: kind === "missing" ? "Check the path for a typing error" : "Convert it to NIfTI or PNG",
  });
}
