import { DataError } from "../core/errors";
import { fileStem, readWholeFile } from "../files/readFiles";
import { readZip } from "../files/readZip";
import { UNNAMED, nameClasses } from "./classNames";
import { labelLookup } from "./labelMap";
import type { LabelMap } from "./labelMap";
import { groupNeighbours } from "./nearDuplicates";
import { guessUnit, warnOfGuess } from "./nifti/guessUnit";
import type { UnitGuess } from "./nifti/guessUnit";
import { parseNpy } from "./npy";
import type { NpyArray } from "./npy";
import type { IntensityUnit, Plane, SliceCase, SliceDataset } from "./types";

/** Options of {@link readNpz}. */
export interface ReadNpzOptions {
  /** Class names by label, background first; default `class 1`, `class 2` … */
  readonly classNames?: readonly string[];
  readonly unit?: IntensityUnit;
  /** The label for each value of the mask, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
  /** Called if the unit was guessed; by default a warning is written to stderr. */
  readonly onUnitGuess?: (guess: UnitGuess & { readonly source: string }) => void;
  /** Whether near-duplicate slices form one group; default true. */
  readonly keepsNeighboursTogether?: boolean;
  /** The maximum number of bytes to unpack; default 1 GiB. */
  readonly maxBytes?: number;
}

const IMAGE_KEYS = ["image", "images", "img", "imgs", "x", "data"];
const MASK_KEYS = ["mask", "masks", "label", "labels", "seg", "y"];

/** The arrays of the zip by name, compressed or not. */
function unpack(path: string, bytes: Buffer, maxBytes: number): Map<string, Buffer> {
  const entries = readZip(path, bytes, {
    remedy: "The file is damaged or too large: save it again with numpy.savez, or raise maxBytes",
    maxUnpackedBytes: maxBytes,
    isWanted: (name) => name.endsWith(".npy"),
  });
  return new Map(
    [...entries].map(([name, data]) => [
      name.replace(/\.npy$/, ""),
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    ]),
  );
}

function entryOf(
  entries: ReadonlyMap<string, Buffer>,
  keys: readonly string[],
): string | undefined {
  return [...entries.keys()].find((name) => keys.includes(name.toLowerCase()));
}

/** The shape as `[slices, height, width]`, with 1 slice for a 2D array. */
function sliceShape(where: string, { shape }: NpyArray): readonly [number, number, number] {
  const full = shape.length === 2 ? [1, ...shape] : shape;
  if (full.length !== 3 || full.some((size) => size < 1)) {
    throw new DataError({
      where,
      expected: "[slices, height, width] or [height, width]",
      got: `[${shape.join(", ")}]`,
      remedy: "Save the array with its axes in that order",
    });
  }
  return [full[0], full[1], full[2]];
}

function toLabels(
  where: string,
  data: NpyArray["data"],
  classes: number,
  map: LabelMap | undefined,
): Uint8Array {
  const labelOf = map === undefined ? (value: number) => value : labelLookup(map);
  return Uint8Array.from(data, (value, index) => {
    const label = labelOf(value);
    if (label >= 0 && label < classes && Number.isInteger(label)) return label;
    throw new DataError({
      where: `${where}[${index}]`,
      expected: `a label from 0 to ${classes - 1}`,
      got: String(value),
      remedy:
        "Name the classes (classNames, --classes), or map the values to labels (labels, --labels)",
    });
  });
}

/**
 * Reads slices from a NumPy `.npz`: an array `image` (or `images`, `x`, `data`) of `[slices, height,
 * width]` or `[height, width]` and an optional `mask` (or `labels`, `y`) of the same shape.
 *
 * @throws DataError that names the file and the entry or field
 */
export async function readNpz(path: string, options: ReadNpzOptions = {}): Promise<SliceDataset> {
  const { classNames, maxBytes = 2 ** 30 } = options;
  const entries = unpack(path, await readWholeFile(path, "a .npz file"), maxBytes);
  const imageName = entryOf(entries, IMAGE_KEYS);
  const maskName = entryOf(entries, MASK_KEYS);
  if (imageName === undefined) {
    throw new DataError({
      where: path,
      expected: `an array named ${IMAGE_KEYS.join(", ")}`,
      got: [...entries.keys()].join(", ") || "no arrays",
      remedy: "Save it with numpy.savez(path, image=…, mask=…)",
    });
  }
  const read = (name: string) => parseNpy(`${path}: ${name}`, entries.get(name) ?? Buffer.alloc(0));
  const image = read(imageName);
  const [count, height, width] = sliceShape(`${path}: ${imageName}`, image);
  const values = Float32Array.from(image.data);
  let labels: Uint8Array | null = null;
  if (maskName !== undefined) {
    const mask = read(maskName);
    if (mask.shape.join() !== image.shape.join()) {
      throw new DataError({
        where: `${path}: ${maskName}`,
        expected: `the shape of ${imageName}, [${image.shape.join(", ")}]`,
        got: `[${mask.shape.join(", ")}]`,
        remedy: "Pair each mask with its own image",
      });
    }
    labels = toLabels(`${path}: ${maskName}`, mask.data, classNames?.length ?? 256, options.labels);
  }
  const guess = options.unit === undefined ? guessUnit(values) : null;
  if (guess !== null) (options.onUnitGuess ?? warnOfGuess)({ ...guess, source: path });
  const unit = options.unit ?? guess?.unit ?? "arbitrary";
  const name = fileStem(path);
  const digits = String(count - 1).length;
  const cases = Array.from({ length: count }, (_, slice): SliceCase => {
    const part = [slice * height * width, (slice + 1) * height * width] as const;
    const id = count === 1 ? name : `${name}-${String(slice).padStart(digits, "0")}`;
    const plane: Plane<Uint8Array> | null = labels && {
      height,
      width,
      data: labels.slice(...part),
    };
    return {
      ...{ id, group: id, image: { height, width, data: values.slice(...part) } },
      ...{ labels: plane, unit, spacingMm: null },
    };
  });
  const isKept = options.keepsNeighboursTogether ?? true;
  return nameClasses(path, {
    name,
    classNames: classNames ?? UNNAMED,
    cases: isKept ? groupNeighbours(cases) : cases,
    grid: null,
    patients: "unknown",
  });
}
