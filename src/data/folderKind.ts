import { extname, join } from "node:path";
import { DataError } from "../core/errors";
import { walkFolder } from "../files/walkFolder";
import type { FolderEntries } from "../files/walkFolder";
import { describeLeftOut } from "./dicom/chooseSeries";
import type { LeftOutFile } from "./dicom/chooseSeries";
import { isDicomFile, readDicomHead } from "./dicom/dicomFolder";
import { isDirectory } from "./dicom/dicomKind";
import { IS_NIFTI } from "./folderLayout";
import { IMAGE_ENDINGS } from "./images/readGreyImage";
import { formatError, otherFormat } from "./otherFormats";
import { isMaskName } from "./pairing";

/** The kinds of scan files in a folder. */
export type FolderKind = "nifti" | "dicom" | "pictures";

const isPicture = (name: string): boolean => IMAGE_ENDINGS.includes(extname(name).toLowerCase());

/**
 * The kind of a folder's own files, without those of its subfolders. What is left out (pictures beside
 * volumes, such as previews, unsupported formats, subfolders with scans) is listed on stderr.
 *
 * @param options.hasMasks whether NIfTI masks count as scans
 * @returns `null` if there is no scan
 * @throws DataError for DICOM and NIfTI in one folder, since only one kind would be read
 */
export async function folderKind(
  folder: string,
  { files, folders }: FolderEntries,
  { hasMasks }: { readonly hasMasks: boolean },
): Promise<FolderKind | null> {
  const nifti = files.filter((name) => IS_NIFTI.test(name) && (hasMasks || !isMaskName(name)));
  const pictures = files.filter(isPicture);
  const others = files.filter((name) => !IS_NIFTI.test(name) && !isPicture(name));
  const isDicom = await holdsDicom(folder, others, folders.length > 0);
  if (isDicom && nifti.length > 0) {
    throw new DataError({
      where: folder,
      expected: "scans of one kind",
      got: `DICOM files beside ${nifti[0]}`,
      remedy: "Put the NIfTI files into a folder of their own",
    });
  }
  const isVolumes = isDicom || nifti.length > 0;
  if (!isVolumes && pictures.length === 0) return null;
  warnOfLeftOut(folder, [
    ...(isVolumes ? pictures : []).map((name) => ({ path: join(folder, name), what: "picture" })),
    ...unsupportedFiles(folder, others),
    // DICOM files are read from subfolders too.
    ...(isDicom ? [] : await foldersWithScans(folder, folders)),
  ]);
  if (isDicom) return "dicom";
  return nifti.length > 0 ? "nifti" : "pictures";
}

/** What a data set may be, for error messages. */
const SCANS =
  "NIfTI files, a DICOM series, Imgs and GT, images and masks, images, or a folder of these for each patient";

/** The error for a folder without scans, which lists what is there. */
export function noScansError(folder: string, { files, folders }: FolderEntries): DataError {
  const unread = files.find((name) => otherFormat(name) !== null);
  const format = unread === undefined ? null : otherFormat(unread);
  if (unread !== undefined && format !== null) {
    return formatError(join(folder, unread), SCANS, format);
  }
  const names = [...files, ...folders];
  return new DataError({
    where: folder,
    expected: SCANS,
    got:
      names.length === 0
        ? "an empty folder"
        : `${names.length} other entries (${names.slice(0, 3).join(", ")})`,
    remedy: "Name the folder that holds the scans",
  });
}

/** Lists on stderr what is not read from a folder. */
export function warnOfLeftOut(folder: string, leftOut: readonly LeftOutFile[]): void {
  if (leftOut.length > 0) console.warn(`${folder}: left out ${describeLeftOut(leftOut)}`);
}

/** Whether a folder has DICOM files of its own; a DICOMDIR beside subfolders only indexes these. */
async function holdsDicom(
  folder: string,
  names: readonly string[],
  hasFolders: boolean,
): Promise<boolean> {
  for (const name of names) {
    const path = join(folder, name);
    if (!(await isDicomFile(path))) continue;
    if (!hasFolders) return true;
    const head = await readDicomHead(path);
    if (head !== null && !isDirectory(head)) return true;
  }
  return false;
}

function unsupportedFiles(folder: string, names: readonly string[]): LeftOutFile[] {
  return names.flatMap((name) => {
    const format = otherFormat(name);
    return format === null ? [] : [{ path: join(folder, name), what: format.name }];
  });
}

/** The subfolders of a folder that contain scans at any depth. */
export async function foldersWithScans(
  folder: string,
  folders: readonly string[],
): Promise<LeftOutFile[]> {
  const found: LeftOutFile[] = [];
  for (const name of folders) {
    const path = join(folder, name);
    if (await holdsScan(path)) found.push({ path, what: "folder with scans" });
  }
  return found;
}

async function holdsScan(path: string): Promise<boolean> {
  for await (const file of walkFolder(path)) {
    if (IS_NIFTI.test(file) || isPicture(file) || (await isDicomFile(file))) return true;
  }
  return false;
}
