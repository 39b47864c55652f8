import { basename, dirname, extname } from "node:path";
import { ConfigError } from "../../core/errors";
import { IS_NIFTI } from "../../data/folderLayout";
import { otherFormat } from "../../data/otherFormats";
import { pathKind } from "../../files/readFiles";
import type { ScanSource } from "./findScans";

export const IS_DICOM_NAME = /\.dcm$/i;
/** File extensions; a folder's name is unlikely to end in one. */
const OTHER_FILES = /\.(png|jpe?g|npz|txt|csv|tsv|json|html?|pdf|xml|ya?ml|md|log)$/i;

/** Where masks are written: a folder and their names, and the file name if one was given. */
export interface OutputPlace {
  readonly folder: string;
  readonly names: readonly string[];
  readonly name: string | undefined;
}

/**
 * Chooses the output paths for the masks of scans.
 *
 * @param output as the user specified it
 * @throws ConfigError for a file name if there are several masks, for an unsupported ending, or for two masks
 *   with the same name
 */
export async function outputPlace(
  output: string,
  sources: readonly ScanSource[],
): Promise<OutputPlace> {
  const names = sources.flatMap(({ outputs }) => outputs);
  const isFolder = (await pathKind(output)) === "folder" || /[/\\]$/.test(output);
  const isFile =
    !isFolder &&
    (IS_NIFTI.test(output) ||
      IS_DICOM_NAME.test(output) ||
      OTHER_FILES.test(output) ||
      otherFormat(output) !== null);
  if (!isFile) {
    expectDifferentNames(output, names);
    return { folder: output, names, name: undefined };
  }
  const [{ kind }] = sources;
  const fits = {
    nifti: IS_NIFTI.test(output),
    dicom: IS_NIFTI.test(output) || IS_DICOM_NAME.test(output),
    pictures: /\.png$/i.test(output),
  }[kind];
  if (names.length === 1 && fits) {
    return { folder: dirname(output), names: [basename(output)], name: basename(output) };
  }
  throw outputError(output, kind, names.length);
}

/** The error for a file name that is not valid for the masks. */
function outputError(output: string, kind: ScanSource["kind"], count: number): ConfigError {
  if (count !== 1) {
    return new ConfigError({
      where: output,
      expected: "a folder for the masks",
      got: `the name of one file for ${count} ${kind === "pictures" ? "images" : "volumes"}`,
      remedy: "Name a folder",
    });
  }
  const wanted = {
    nifti: "a name that ends in .nii or .nii.gz, or a folder",
    dicom: "a name that ends in .nii, .nii.gz or .dcm, or a folder",
    pictures: "a name that ends in .png, or a folder",
  }[kind];
  const isSegmentation = kind === "nifti" && IS_DICOM_NAME.test(output);
  return new ConfigError({
    where: output,
    expected: wanted,
    got: isSegmentation ? "the name of a DICOM file for a NIfTI scan" : `a ${extname(output)} name`,
    remedy: isSegmentation
      ? "A DICOM segmentation refers to a DICOM series: name a NIfTI file"
      : "Masks are written in these formats: convert them afterwards",
  });
}

/** Rejects two scans whose masks would have the same name, since the second would replace the first. */
function expectDifferentNames(output: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new ConfigError({
    where: output,
    expected: "scans whose masks have different names",
    got: `two whose masks would both be ${twice}`,
    remedy: "Rename one of the scans, or segment them separately",
  });
}
