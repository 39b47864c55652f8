import { basename, extname, join, resolve } from "node:path";
import { DataError } from "../../core/errors";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";
import { groupNeighbours } from "../nearDuplicates";
import { SEMI_SEG_NAMES, UNNAMED, nameClasses } from "../classNames";
import { pairByName } from "../pairing";
import type { LabelMap } from "../labelMap";
import type { Plane, SliceCase, SliceDataset } from "../types";
import { checkLabelRange, readMaskPng } from "./png";
import { IMAGE_ENDINGS, readGreyImage } from "./readGreyImage";

/** Options of the image-folder readers. */
export interface ImageFolderOptions {
  /**
   * Class names by label, background first; by default those of the data (`dataset.json`, a DICOM segmentation,
   * a data set that is known by its files' names), else `class 1`, `class 2` …
   */
  readonly classNames?: readonly string[];
  /** The label for each value of a mask, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
  /** Whether near-duplicate slices become one group; default true. */
  readonly keepsNeighboursTogether?: boolean;
  /** The most bytes of pixels to hold; default 4 GiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;

/** Files of a folder by stem; two files of one stem are refused. */
async function filesByStem(
  folder: string,
  endings: readonly string[],
  listed?: ReadonlySet<string>,
) {
  const names = await listFolder(folder);
  const taken = names.filter(
    (name) =>
      endings.includes(extname(name).toLowerCase()) &&
      (listed === undefined || listed.has(resolve(folder, name))),
  );
  if (taken.length === 0) {
    const others = names.slice(0, 3).join(", ");
    throw new DataError({
      where: folder,
      expected: `images (${endings.join(", ")})`,
      got: names.length === 0 ? "an empty folder" : `${names.length} other entries (${others} …)`,
      remedy: "Name the folder that holds the images",
    });
  }
  const byStem = new Map<string, string>();
  for (const name of taken) {
    const stem = fileStem(name);
    const other = byStem.get(stem);
    if (other !== undefined) {
      throw new DataError({
        where: folder,
        expected: "one file for each stem",
        got: `${other} and ${name}`,
        remedy: "Remove one of them",
      });
    }
    byStem.set(stem, name);
  }
  return byStem;
}

/** The mask of each image, by name. */
async function pairMasks(
  imageFolder: string,
  images: ReadonlyMap<string, string>,
  maskFolder: string,
  listed?: ReadonlySet<string>,
): Promise<Map<string, string | null>> {
  const masks = await filesByStem(maskFolder, [".png"], listed);
  return pairByName([...images.values()], [...masks.values()], {
    pathOf: (name) => join(imageFolder, name),
    otherPathOf: (name) => join(maskFolder, name),
    ...{ kind: "image", otherKind: "mask" },
  });
}

/** Rejects a mask of another size than its image. */
function checkSameSize(
  path: string,
  image: Plane<Float32Array>,
  imagePath: string,
  mask: Plane<Uint8Array>,
): void {
  if (mask.height === image.height && mask.width === image.width) return;
  throw new DataError({
    where: path,
    expected: `the size of ${basename(imagePath)}, ${image.width} x ${image.height}`,
    got: `${mask.width} x ${mask.height}`,
    remedy: "Pair each mask with its own image, and resize masks by nearest neighbour only",
  });
}

/**
 * Reads a folder of grey images (JPEG, PNG) and, if there is one, the folder of their masks (PNG,
 * palette indices or grey values) by stem.
 *
 * @throws DataError for a folder without images, a mask that is missing, of another size or with
 *   values that are no class
 */
export async function readImageFolder(
  imageFolder: string,
  maskFolder: string | null,
  options: ImageFolderOptions = {},
): Promise<SliceDataset> {
  return nameClasses(imageFolder, await readListedImages(imageFolder, maskFolder, options));
}

/**
 * As {@link readImageFolder}, but for some files only; classes are {@link UNNAMED} if no names are given.
 *
 * @param listed full paths of the images and masks that are read; default all
 */
export async function readListedImages(
  imageFolder: string,
  maskFolder: string | null,
  options: ImageFolderOptions,
  listed?: ReadonlySet<string>,
): Promise<SliceDataset> {
  const { classNames, labels: labelMap, maxBytes = DEFAULT_MAX_BYTES } = options;
  const images = await filesByStem(imageFolder, IMAGE_ENDINGS, listed);
  const masks =
    maskFolder === null ? null : await pairMasks(imageFolder, images, maskFolder, listed);
  const cases: SliceCase[] = [];
  let heldBytes = 0;
  for (const [stem, name] of images) {
    const imagePath = join(imageFolder, name);
    const image = await readGreyImage(imagePath);
    let labels: Plane<Uint8Array> | null = null;
    if (masks !== null && maskFolder !== null) {
      const maskName = masks.get(name) ?? null;
      if (maskName === null) {
        throw new DataError({
          where: join(maskFolder, `${stem}.png`),
          expected: `the mask of ${name}`,
          got: "no such file",
          remedy: "Add it, or remove the image",
        });
      }
      const maskPath = join(maskFolder, maskName);
      labels = await readMaskPng(maskPath, labelMap === undefined ? {} : { labels: labelMap });
      checkSameSize(maskPath, image, imagePath, labels);
      if (classNames !== undefined) checkLabelRange(maskPath, labels, classNames.length);
    }
    heldBytes += image.data.byteLength + (labels?.data.byteLength ?? 0);
    if (heldBytes > maxBytes) {
      throw new DataError({
        where: imageFolder,
        expected: `at most ${maxBytes} bytes of pixels in memory`,
        got: `more, from ${name} on`,
        remedy: "Read a part of the folder, shrink the images, or raise maxBytes",
      });
    }
    cases.push({ id: stem, group: stem, image, labels, unit: "grey8", spacingMm: null });
  }
  const keepsTogether = options.keepsNeighboursTogether ?? true;
  return {
    name: basename(imageFolder),
    classNames: classNames ?? UNNAMED,
    cases: keepsTogether ? groupNeighbours(cases) : cases,
    grid: null,
    patients: "unknown",
  };
}

/**
 * Reads a COVID-SemiSeg folder: `Imgs/*.jpg` with `GT/*.png`, palette indices 0 background, 1
 * ground-glass opacity, 2 consolidation. Near-duplicate slices become one group.
 *
 * @throws DataError when the folder is not laid out so, or for a file that cannot be read
 */
export async function readCovidSemiSeg(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<SliceDataset> {
  const imageFolder = join(folder, "Imgs");
  const maskFolder = join(folder, "GT");
  for (const part of [imageFolder, maskFolder]) {
    if ((await pathKind(part)) !== "folder") {
      throw new DataError({
        where: part,
        expected: "a folder (COVID-SemiSeg has Imgs/*.jpg and GT/*.png)",
        got: "none",
        remedy: "Name the folder that holds Imgs and GT",
      });
    }
  }
  const { classNames = SEMI_SEG_NAMES } = options;
  const dataset = await readImageFolder(imageFolder, maskFolder, { ...options, classNames });
  return { ...dataset, name: basename(folder) };
}
