import { extname, join } from "node:path";
import { DataError } from "../core/errors";
import { describeLeftOut } from "./dicom/chooseSeries";
import { isDicomFolder } from "./dicom/dicomFolder";
import { IS_NIFTI } from "./folderLayout";
import { IMAGE_ENDINGS } from "./images/readGreyImage";
import { isMaskName } from "./pairing";

/** The kinds of scans that lie in a folder as files. */
export type FolderKind = "nifti" | "dicom" | "pictures";

const isPicture = (name: string): boolean => IMAGE_ENDINGS.includes(extname(name).toLowerCase());

/**
 * What a folder's files are. Pictures beside volumes, such as previews, are left out with a line on stderr.
 *
 * @param names of its entries
 * @param options.hasMasks whether NIfTI masks count; where only scans are wanted they do not
 * @returns `null` where there is no scan
 * @throws DataError for DICOM and NIfTI in one folder, of which one would go unread
 */
export async function folderKind(
  folder: string,
  names: readonly string[],
  { hasMasks }: { readonly hasMasks: boolean },
): Promise<FolderKind | null> {
  const nifti = names.filter((name) => IS_NIFTI.test(name) && (hasMasks || !isMaskName(name)));
  const pictures = names.filter(isPicture);
  const others = names.filter((name) => !IS_NIFTI.test(name) && !isPicture(name));
  const isDicom = await isDicomFolder(folder, others);
  if (isDicom && nifti.length > 0) {
    throw new DataError({
      where: folder,
      expected: "scans of one kind",
      got: `DICOM files beside ${nifti[0]}`,
      remedy: "Put the NIfTI files into a folder of their own",
    });
  }
  if (!isDicom && nifti.length === 0) return pictures.length > 0 ? "pictures" : null;
  if (pictures.length > 0) {
    const leftOut = pictures.map((name) => ({ path: join(folder, name), what: "picture" }));
    console.warn(`${folder}: left out ${describeLeftOut(leftOut)}`);
  }
  return isDicom ? "dicom" : "nifti";
}
