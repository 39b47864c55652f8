import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { DataError } from "../core/errors";
import { fileStem, folderName, listFolder, pathKind } from "../files/readFiles";
import { asDataError } from "../files/systemErrors";
import { listEntries } from "../files/walkFolder";
import type { FolderEntries } from "../files/walkFolder";
import { UNNAMED, expectDistinctNames, nameClasses } from "./classNames";
import { describedNames, readDescription } from "./datasetJson";
import { isDicomFile } from "./dicom/dicomFolder";
import { readDicomScan } from "./dicom/readDicomSeries";
import { expectUsedOptions } from "./expectUsedOptions";
import { folderKind, foldersWithScans, noScansError, warnOfLeftOut } from "./folderKind";
import { IMAGE_FOLDERS, IS_NIFTI, MASK_FOLDERS, entryNamed } from "./folderLayout";
import type { ImageFolderOptions } from "./images/imageFolder";
import { readCovidSemiSeg, readListedImages } from "./images/imageFolder";
import { IMAGE_ENDINGS, readGreyImage } from "./images/readGreyImage";
import { joinPatients } from "./joinPatients";
import type { PatientSlices } from "./joinPatients";
import { labelsByName, renumber } from "./labelsByName";
import { listedPairs } from "./listedPairs";
import type { FilePair } from "./listedPairs";
import {
  checkLabels,
  withWarningsOnce,
  readNiftiFile,
  readNiftiFolder,
  readNiftiPairs,
} from "./nifti/readNiftiPairs";
import type { NiftiPairOptions } from "./nifti/readNiftiPairs";
import { formatError, otherFormat } from "./otherFormats";
import { innerFolders, warnOfJoined } from "./patientFolders";
import type { PatientFolder } from "./patientFolders";
import { readNpz } from "./readNpz";
import type { SliceDataset } from "./types";
import { sliceVolume } from "./volumeSlices";

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;

/** Options of {@link readDataset}. */
export interface ReadDatasetOptions extends ImageFolderOptions, NiftiPairOptions {
  /** Which DICOM series to read if a folder has several. */
  readonly series?: string;
}

/** Reads a DICOM series as one patient's slices, with the segmentation beside it. */
async function readDicom(path: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  expectUsedOptions(path, "dicom", options);
  const { volume, labels } = await readDicomScan(path, { ...options, hasLabels: true });
  const name = (await pathKind(path)) === "folder" ? folderName(path) : fileStem(path);
  if (labels !== null && options.classNames === undefined) {
    expectDistinctNames(labels.mask.source, labels.classNames);
  }
  const classNames = options.classNames ?? labels?.classNames ?? UNNAMED;
  // If the given names are not those of the segments, the segments keep their numbers.
  const isNamed = labels?.classNames.every((own, label) => label === 0 || classNames.includes(own));
  const mask =
    labels !== null && isNamed === true
      ? {
          ...labels.mask,
          data: renumber(
            labels.mask.data,
            labelsByName(labels.mask.source, labels.classNames, classNames),
          ),
        }
      : (labels?.mask ?? null);
  const dataset = sliceVolume(volume, mask, { name, classNames, group: name });
  checkLabels(mask?.source, dataset);
  return dataset;
}

/** Reads a folder of images with a folder of masks, NIfTI or pictures; `dataset.json` may describe them. */
async function readImagesAndMasks(
  folder: string,
  imageFolder: string,
  maskFolder: string | null,
  options: ReadDatasetOptions,
): Promise<SliceDataset> {
  const description = await readDescription(folder);
  const classNames = options.classNames ?? description?.classNames();
  const named = classNames === undefined ? options : { ...options, classNames };
  const pairs = await listedPairs(folder, description);
  const isNifti = (await listFolder(imageFolder)).some((name) => IS_NIFTI.test(name));
  expectUsedOptions(folder, isNifti ? "nifti" : "pictures", options);
  const dataset = !isNifti
    ? await readListedImages(imageFolder, maskFolder, named, listedFiles(pairs))
    : pairs === null
      ? await readNiftiFolder(imageFolder, maskFolder, named)
      : await readNiftiPairs(imageFolder, pairs, named);
  return { ...dataset, name: folderName(folder) };
}

/** The listed files, if there is a list. */
function listedFiles(pairs: readonly FilePair[] | null): ReadonlySet<string> | undefined {
  return pairs === null
    ? undefined
    : new Set(pairs.flatMap(({ image, mask }) => [image, mask ?? ""]));
}

async function readFolder(folder: string, given: ReadDatasetOptions): Promise<SliceDataset> {
  const classNames = given.classNames ?? (await describedNames(folder));
  const options = classNames === undefined ? given : { ...given, classNames };
  const entries = await listEntries(folder);
  const { folders } = entries;
  const imagesName = entryNamed(folders, IMAGE_FOLDERS);
  const masksName = entryNamed(folders, MASK_FOLDERS);
  if (imagesName !== undefined) {
    const others = folders.filter((name) => name !== imagesName && name !== masksName);
    warnOfLeftOut(folder, await foldersWithScans(folder, others));
    if (imagesName === "Imgs" && masksName === "GT") {
      expectUsedOptions(folder, "pictures", options);
      return readCovidSemiSeg(folder, options);
    }
    const maskFolder = masksName === undefined ? null : join(folder, masksName);
    return readImagesAndMasks(folder, join(folder, imagesName), maskFolder, options);
  }
  if (masksName !== undefined) {
    throw new DataError({
      where: folder,
      expected: `a folder of images beside ${masksName}, such as images or imagesTr`,
      got: "none",
      remedy: "Add it, or name the folder that holds the scans",
    });
  }
  const kind = await folderKind(folder, entries, { hasMasks: true });
  if (kind === "dicom") return readDicom(folder, options);
  if (kind !== null) expectUsedOptions(folder, kind, options);
  if (kind === "nifti") {
    const dataset = await readNiftiFolder(folder, folder, options);
    return { ...dataset, name: folderName(folder) };
  }
  if (kind === "pictures") return readListedImages(folder, null, options);
  return readInnerFolders(folder, entries, options);
}

/** Reads one folder per patient, or one per series of a DICOM study. */
async function readInnerFolders(
  folder: string,
  entries: FolderEntries,
  options: ReadDatasetOptions,
): Promise<SliceDataset> {
  const inner = await innerFolders(folder, entries.folders);
  switch (inner.kind) {
    case "none":
      throw noScansError(folder, entries);
    case "study":
      return readDicom(folder, options);
    case "patients":
      return readPatients(folder, inner.patients, options);
  }
}

async function readPatients(
  folder: string,
  folders: readonly PatientFolder[],
  options: ReadDatasetOptions,
): Promise<SliceDataset> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const issues = withWarningsOnce(options);
  warnOfJoined(folder, folders);
  const patients: PatientSlices[] = [];
  let heldBytes = 0;
  for (const { name, group } of folders) {
    const path = join(folder, name);
    const limits = { ...options, ...issues, maxBytes: Math.max(0, maxBytes - heldBytes) };
    const dataset = await readFolder(path, limits);
    for (const { image, labels } of dataset.cases) {
      heldBytes += image.data.byteLength + (labels?.data.byteLength ?? 0);
    }
    patients.push({ name, group, path, dataset });
  }
  return joinPatients(folderName(folder), patients);
}

/**
 * Reads slices from a path: a NIfTI file (with its mask, if one with a matching name is beside it:
 * `tr_im` and `tr_mask`), a folder of these, a COVID-SemiSeg folder (`Imgs`, `GT`), `images` and
 * `masks` of pictures or NIfTI files, the layouts of nnU-Net and the Medical Decathlon (`imagesTr`,
 * `labelsTr`, with class names and cases from `dataset.json`), a folder of images, a DICOM series (with
 * its segmentation, if one is beside it), a folder with one of these per patient, or a NumPy `.npz`.
 * Anything else in a folder is listed on stderr.
 *
 * Groups: if there are several volumes or folders, each is one patient; in a single stack or a folder of
 * images, near-duplicate slices form one group.
 *
 * Class names: the given ones, else those of `dataset.json`, of a DICOM segmentation, or of a data set that is
 * recognised by its file names (COVID-SemiSeg; `tr_im` with `tr_mask`, as in the public 100 slices and the phantom);
 * otherwise `class 1`, `class 2` … up to the largest label.
 *
 * Masks are aligned to their image's grid by position; see `alignLabels`.
 *
 * @throws DataError that names the file, what is wrong and how to fix it; ConfigError for an option
 *   that does not apply to this kind of data, such as a series of NIfTI files
 */
export async function readDataset(
  path: string,
  options: ReadDatasetOptions = {},
): Promise<SliceDataset> {
  // Check before patients are joined, which would merge two classes with the same name.
  if (options.classNames !== undefined) expectDistinctNames(path, options.classNames);
  return nameClasses(path, await readPath(path, options));
}

/** Reads a path; classes without names are {@link UNNAMED}. */
async function readPath(path: string, options: ReadDatasetOptions): Promise<SliceDataset> {
  const expected = "a NIfTI file, an image, or a folder of them";
  await stat(path).catch((cause: unknown) => {
    throw asDataError(path, expected, cause);
  });
  if ((await pathKind(path)) === "folder") return readFolder(path, options);
  if (IS_NIFTI.test(path)) {
    expectUsedOptions(path, "nifti", options);
    return readNiftiFile(path, options);
  }
  if (IMAGE_ENDINGS.includes(extname(path).toLowerCase())) {
    expectUsedOptions(path, "pictures", options);
    const id = fileStem(path);
    const image = await readGreyImage(path);
    const cases = [{ id, group: id, image, labels: null, unit: "grey8", spacingMm: null }] as const;
    return { name: id, classNames: options.classNames ?? UNNAMED, cases, grid: null };
  }
  if (/\.npz$/i.test(path)) {
    expectUsedOptions(path, "npz", options);
    return readNpz(path, options);
  }
  if (await isDicomFile(path)) return readDicom(path, options);
  const format = otherFormat(path);
  if (format !== null) throw formatError(path, expected, format);
  throw new DataError({
    where: path,
    expected,
    got: extname(path) === "" ? "a file without an ending" : `a ${extname(path)} file`,
    remedy: "Convert it to NIfTI or PNG",
  });
}
