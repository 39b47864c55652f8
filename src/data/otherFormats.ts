import { DataError } from "../core/errors";

/** A format of scans and masks that is not supported. */
export interface OtherFormat {
  /** For error messages, such as `"a MetaImage file"`. */
  readonly name: string;
  /** Whether it may be a scan or a mask itself, not an archive or array. */
  readonly isImage: boolean;
  readonly remedy: string;
}

const PAIR = "Convert the pair to one .nii file, for example with nibabel's Nifti1Image.from_image";
const TO_NIFTI =
  "Convert it to .nii.gz, for example with SimpleITK: WriteImage(ReadImage(IN), OUT)";
const TO_PNG = "Save it as an 8-bit PNG, or as NIfTI";
const UNPACK = "Unpack it, and name the folder";
const ARRAY = "an array without a place in space";
const ARCHIVE = "an archive";
const NO_IMAGES = [ARRAY, ARCHIVE];

const BY_ENDING: readonly (readonly [endings: RegExp, name: string, remedy: string])[] = [
  [/\.(hdr|img)(\.gz)?$/i, "half of a pair of .hdr and .img (Analyze or NIfTI)", PAIR],
  [/\.(mha|mhd|raw|zraw)$/i, "a MetaImage file", TO_NIFTI],
  [/\.(nrrd|nhdr|seg\.nrrd)$/i, "an NRRD file", TO_NIFTI],
  [/\.(mgh|mgz)$/i, "a FreeSurfer volume", "Convert it to .nii.gz with mri_convert"],
  [/\.mnc$/i, "a MINC volume", "Convert it to .nii with mnc2nii"],
  [/\.(gipl|vtk|vti)(\.gz)?$/i, "a volume of another format", TO_NIFTI],
  [/\.nii\.(bz2|xz|zst|zip)$/i, "a NIfTI file that is not packed with gzip", "Pack it with gzip"],
  [/\.(tiff?|bmp|gif|webp|jp2|jpx)$/i, "a picture of another format", TO_PNG],
  [/\.(h5|hdf5|mat|npy|pkl|pt)$/i, ARRAY, "Save it as .npz or NIfTI"],
  [/\.(zip|tar|tgz|tar\.gz|7z|rar)$/i, ARCHIVE, UNPACK],
];

/** The unsupported format of a file, by its ending; `null` if there is none. */
export function otherFormat(fileName: string): OtherFormat | null {
  const found = BY_ENDING.find(([endings]) => endings.test(fileName));
  if (found === undefined) return null;
  const [, name, remedy] = found;
  return { name, remedy, isImage: !NO_IMAGES.includes(name) };
}

/** The error for a file of an unsupported format. */
export function formatError(path: string, expected: string, format: OtherFormat): DataError {
  return new DataError({ where: path, expected, got: format.name, remedy: format.remedy });
}
