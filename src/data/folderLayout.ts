/** The file endings of NIfTI. */
export const IS_NIFTI = /\.nii(\.gz)?$/i;
/** Names of image and mask folders, in lower case; `imagesTr` and `labelsTr` are from nnU-Net. */
export const IMAGE_FOLDERS = ["imgs", "images", "image", "img", "imagestr"];
export const MASK_FOLDERS = [
  ...["gt", "masks", "mask", "labels", "label", "segmentations", "labelstr"],
];

/** The folder's entry whose lower-case name is one of these. */
export function entryNamed(
  names: readonly string[],
  wanted: readonly string[],
): string | undefined {
  return names.find((name) => wanted.includes(name.toLowerCase()));
}
