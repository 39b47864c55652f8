import { basename, extname, join } from "node:path";
import { fileStem, folderName, listFolder, pathKind } from "../../files/readFiles";
import { listEntries } from "../../files/walkFolder";
import { readDescription } from "../../data/datasetJson";
import { isDicomFile } from "../../data/dicom/dicomFolder";
import { folderKind, noScansError } from "../../data/folderKind";
import type { FolderKind } from "../../data/folderKind";
import { IMAGE_FOLDERS, IS_NIFTI, MASK_FOLDERS, entryNamed } from "../../data/folderLayout";
import { IMAGE_ENDINGS } from "../../data/images/readGreyImage";
import { listedPairs } from "../../data/listedPairs";
import { innerFolders } from "../../data/patientFolders";
import { isMaskName } from "../../data/pairing";

/** A scan to be segmented: a NIfTI file, a DICOM series (a folder or a file), or images (a file or a folder). */
export interface ScanSource {
  readonly path: string;
  readonly kind: FolderKind;
  /** Prefix of the masks' names: the patient's folder, where each patient has one. */
  readonly prefix: string;
  /** The names of its masks in the output folder. */
  readonly outputs: readonly string[];
}

/**
 * The scans at a path: a file, a folder, or a folder per patient. Masks beside the scans are not
 * scans.
 *
 * @throws DataError for a folder without scans
 */
export async function findScans(input: string): Promise<ScanSource[]> {
  if ((await pathKind(input)) === "folder") return inFolder(input, "");
  if (IS_NIFTI.test(input)) return [niftiSource(input, "")];
  if (await isDicomFile(input)) return [dicomSource(input, "", fileStem(input))];
  return [{ path: input, kind: "pictures", prefix: "", outputs: [`${fileStem(input)}.png`] }];
}

async function inFolder(folder: string, prefix: string): Promise<ScanSource[]> {
  const entries = await listEntries(folder);
  const imageFolder = entryNamed(entries.folders, IMAGE_FOLDERS);
  if (imageFolder !== undefined) {
    const pairs = await listedPairs(folder, await readDescription(folder));
    return pairs !== null && pairs.every(({ image }) => IS_NIFTI.test(image))
      ? pairs.map(({ image }) => niftiSource(image, prefix))
      : inFolder(join(folder, imageFolder), prefix);
  }
  if (entryNamed(entries.folders, MASK_FOLDERS) !== undefined) throw noScansError(folder, entries);
  const kind = await folderKind(folder, entries, { hasMasks: false });
  switch (kind) {
    case "dicom":
      return [dicomSource(folder, prefix, folderName(folder))];
    case "nifti":
      return entries.files
        .filter((name) => IS_NIFTI.test(name) && !isMaskName(name))
        .map((name) => niftiSource(join(folder, name), prefix));
    case "pictures":
      return [await pictureSource(folder, prefix)];
    case null:
      break;
  }
  const inner = await innerFolders(folder, entries.folders);
  if (inner.kind === "none") throw noScansError(folder, entries);
  if (inner.kind === "study") return [dicomSource(folder, prefix, folderName(folder))];
  const sources: ScanSource[] = [];
  for (const { name } of inner.patients) {
    const own = await inFolder(join(folder, name), `${prefix}${name}_`);
    const [only] = own;
    const isOnly = own.length === 1 && only.kind !== "pictures";
    // A patient's only scan is named after the patient, as its mask is in evaluateFiles.
    sources.push(...(isOnly ? [{ ...only, outputs: [`${prefix}${name}.nii.gz`] }] : own));
  }
  return sources;
}

function niftiSource(path: string, prefix: string): ScanSource {
  return { path, kind: "nifti", prefix, outputs: [`${prefix}${basename(path)}`] };
}

function dicomSource(path: string, prefix: string, name: string): ScanSource {
  return { path, kind: "dicom", prefix, outputs: [`${prefix}${name}.nii.gz`] };
}

async function pictureSource(folder: string, prefix: string): Promise<ScanSource> {
  const names = (await listFolder(folder)).filter((name) =>
    IMAGE_ENDINGS.includes(extname(name).toLowerCase()),
  );
  const outputs = names.map((name) => `${prefix}${fileStem(name)}.png`);
  return { path: folder, kind: "pictures", prefix, outputs };
}
