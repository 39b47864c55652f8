import { basename, extname, join } from "node:path";
import { DataError } from "../core/errors";
import { isDicomFile } from "./dicom/dicomFolder";
import { readDicomScan } from "./dicom/readDicomSeries";
import { fileStem, listFolder, pathKind } from "../files/readFiles";
import type { ImageFolderOptions } from "./images/imageFolder";
import { readCovidSemiSeg, readImageFolder } from "./images/imageFolder";
import { folderKind } from "./folderKind";
import { expectUsed } from "./expectUsed";
import { CLASS_NAMES } from "./types";
import type { SliceDataset } from "./types";
import { checkLabels, readNiftiFile, readNiftiFolder } from "./nifti/readNiftiPairs";
import type { NiftiPairOptions } from "./nifti/readNiftiPairs";
import { IMAGE_FOLDERS, IS_NIFTI, MASK_FOLDERS, entryNamed } from "./folderLayout";
import { readClassNames } from "./datasetJson";
import { IMAGE_ENDINGS, readGreyImage } from "./images/readGreyImage";
import { readNpz } from "./readNpz";
import { sliceVolume } from "./volumeSlices";

/** What {@link readDataset} may be told. */
export interface ReadDatasetOptions extends ImageFolderOptions, NiftiPairOptions {
  /** Which DICOM series, where a folder holds several. */
  readonly series?: string;
}

/** A DICOM series as one patient's slices, with the segmentation beside it. */
async function readDicom(path: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  expectUsed(path, "dicom", options);
  const { volume, labels } = await readDicomScan(path, { ...options, hasLabels: true });
  const name = fileStem(path);
  const classNames = options.classNames ?? labels?.classNames ?? CLASS_NAMES;
  const mask = labels?.mask ?? null;
  const dataset = sliceVolume(volume, mask, { name, classNames, group: name });
  checkLabels(mask?.source, dataset);
  return dataset;
}

/** A folder of images with a folder of masks, NIfTI or pictures; `dataset.json` names the classes. */
async function readImagesAndMasks(
  folder: string,
  imageFolder: string,
  maskFolder: string | null,
  options: ReadDatasetOptions,
): Promise<SliceDataset> {
  const described = options.classNames ?? (await readClassNames(join(folder, "dataset.json")));
  const named = described === null ? options : { ...options, classNames: described };
  const isNifti = (await listFolder(imageFolder)).some((name) => IS_NIFTI.test(name));
  expectUsed(folder, isNifti ? "nifti" : "pictures", options);
  const dataset = isNifti
    ? await readNiftiFolder(imageFolder, maskFolder, named)
    : await readImageFolder(imageFolder, maskFolder, named);
  return { ...dataset, name: basename(folder) };
}

async function readFolder(folder: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  const names = await listFolder(folder);
  const imagesName = entryNamed(names, IMAGE_FOLDERS);
  const masksName = entryNamed(names, MASK_FOLDERS);
  if (imagesName === "Imgs" && masksName === "GT") {
    expectUsed(folder, "pictures", options);
    return readCovidSemiSeg(folder, options);
  }
  if (imagesName !== undefined) {
    const maskFolder = masksName === undefined ? null : join(folder, masksName);
    return readImagesAndMasks(folder, join(folder, imagesName), maskFolder, options);
  }
  const kind = await folderKind(folder, names, { hasMasks: true });
  if (kind === "dicom") return readDicom(folder, options);
  if (kind !== null) expectUsed(folder, kind, options);
  if (kind === "nifti") {
    const dataset = await readNiftiFolder(folder, folder, options);
    return { ...dataset, name: basename(folder) };
  }
  if (kind === "pictures") return readImageFolder(folder, null, options);
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
 * `masks` of pictures or NIfTI files, the layouts of nnU-Net and the Medical Decathlon (`imagesTr`,
 * `labelsTr`, class names from `dataset.json`), a folder of images, a DICOM series (with a segmentation of it, if one lies beside it) or a
 * NumPy `.npz`.
 *
 * Groups: of several volumes each is one patient's; in a single stack or a folder of images,
 * near-duplicate slices are one group.
 *
 * Masks are brought onto their image's grid by place; see `alignLabels`.
 *
 * @throws DataError that names the file, what is wrong and how to fix it; ConfigError for an option
 *   that this kind of data has no use for, such as a series of NIfTI files
 */
export async function readDataset(
  path: string,
  options: ReadDatasetOptions = {},
): Promise<SliceDataset> {
  const kind = await pathKind(path);
  if (kind === "folder") return readFolder(path, options);
  if (kind === "file" && IS_NIFTI.test(path)) {
    expectUsed(path, "nifti", options);
    return readNiftiFile(path, options);
  }
  if (kind === "file" && IMAGE_ENDINGS.includes(extname(path).toLowerCase())) {
    expectUsed(path, "pictures", options);
    const id = fileStem(path);
    const image = await readGreyImage(path);
    const cases = [{ id, group: id, image, labels: null, unit: "grey8", spacingMm: null }] as const;
    return { name: id, classNames: options.classNames ?? CLASS_NAMES, cases, grid: null };
  }
  if (kind === "file" && /\.npz$/i.test(path)) {
    expectUsed(path, "npz", options);
    return readNpz(path, options);
  }
  if (kind === "file" && (await isDicomFile(path))) return readDicom(path, options);
  throw new DataError({
    where: path,
    expected: "a NIfTI file, an image, or a folder of them",
    got: kind === "missing" ? "nothing at that path" : `a ${extname(path) || "nameless"} file`,
    remedy: kind === "missing" ? "Check the path for a typing error" : "Convert it to NIfTI or PNG",
  });
}
