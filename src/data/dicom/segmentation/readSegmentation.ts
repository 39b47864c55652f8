import { DataError } from "../../../core/errors";
import { affineSpacing } from "../../affine";
import type { Volume } from "../../types";
import type { Field } from "../fields";
import { Fields, fieldError } from "../fields";
import type { DicomDataset, DicomElements } from "../parseDicom";
import { readItems } from "../parseDicom";
import { readPixels } from "../pixelData";
import type { SliceStack } from "../stackSlices";

const REFERENCED_SERIES = "00081115";
const SEGMENTS = "00620002";
const SHARED_GROUPS = "52009229";
const FRAME_GROUPS = "52009230";
const PLANE_POSITION = "00209113";
const PLANE_ORIENTATION = "00209116";
const PIXEL_MEASURES = "00289110";
const SEGMENT_IDENTIFICATION = "0062000a";
/** A frame farther than this from a slice, as a share of the slices' distance, lies on none. */
const PLACE_TOLERANCE = 0.02;

/** A mask from a DICOM segmentation. */
export interface SegmentationMask {
  /** Segment numbers as labels, on the series' grid. */
  readonly mask: Volume<Uint8Array>;
  /** Names by label: `"background"`, then the segments' labels. */
  readonly classNames: readonly string[];
}

/** The series that a segmentation was made on; `null` if it is not stated. */
export function referencedSeries(segmentation: DicomElements): string | null {
  const [item] = readItems(segmentation, REFERENCED_SERIES);
  return item === undefined ? null : new Fields(item).text("series") || null;
}

/** Reads the functional groups of one frame: its own, then those that all share. */
class FrameGroups {
  constructor(
    private readonly path: string,
    private readonly own: DicomDataset | undefined,
    private readonly shared: DicomDataset | undefined,
  ) {}

  fields(sequence: string, field: Field): Fields {
    for (const group of [this.own, this.shared]) {
      const [item] = group === undefined ? [] : readItems(group, sequence);
      if (item !== undefined) return new Fields(item);
    }
    throw fieldError(this.path, field, "a value for each frame", "none");
  }
}

function readSegments(segmentation: DicomElements): string[] {
  const names = ["background"];
  for (const item of readItems(segmentation, SEGMENTS)) {
    const fields = new Fields(item);
    const number = fields.word("segmentNumber");
    // A label map may describe its background.
    if (number === 0) continue;
    if (number > 255) {
      throw fieldError(segmentation.path, "segmentNumber", "0 to 255", String(number));
    }
    names[number] = fields.text("segmentLabel").trim() || `segment ${number}`;
  }
  if (names.length === 1) {
    throw fieldError(segmentation.path, "segmentNumber", "at least one segment", "none");
  }
  return Array.from(names, (name, number) => name ?? `segment ${number}`);
}

/** The frames' pixels: for a binary segmentation 0 and 1, for a label map the segments' numbers. */
function readFrames(
  segmentation: DicomElements,
  count: number,
): (index: number) => Promise<Uint8Array | Uint16Array> {
  const { path, values, fragments } = segmentation;
  const fields = new Fields(segmentation);
  const [rows, columns] = [fields.word("rows"), fields.word("columns")];
  const pixels = rows * columns;
  const bits = fields.word("allocated");
  const type = fields.text("segmentationType");
  const isBinary = type === "BINARY" && bits === 1;
  if (!isBinary && !(type === "LABELMAP" && (bits === 8 || bits === 16))) {
    const expected = "BINARY of 1 bit, or LABELMAP of 8 or 16";
    const remedy = "Save it as a binary segmentation: a share of a voxel is no label";
    throw fieldError(path, "segmentationType", expected, `${type} of ${bits}`, remedy);
  }
  const missing = (got: string) =>
    fieldError(path, "pixelData", `${count} frames of ${columns} x ${rows}`, got);
  if (fragments !== null) {
    if (isBinary || fragments.length !== count) throw missing(`${fragments.length} fragments`);
    const format = { rows, columns, bitsAllocated: bits as 8 | 16, bitsStored: bits };
    return (index) => readPixels({ ...segmentation, fragments: [fragments[index]] }, format);
  }
  const plain = values.get("7fe00010") ?? Buffer.alloc(0);
  if (plain.length * 8 < count * pixels * bits) throw missing(`${plain.length} bytes`);
  if (!isBinary) {
    const format = { rows, columns, bitsAllocated: bits as 8 | 16, bitsStored: bits };
    const bytes = (pixels * bits) / 8;
    return (index) => {
      const part = plain.subarray(index * bytes, (index + 1) * bytes);
      return readPixels({ ...segmentation, values: new Map([["7fe00010", part]]) }, format);
    };
  }
  return (index) => {
    const frame = new Uint8Array(pixels);
    for (let i = 0, bit = index * pixels; i < pixels; i++, bit++) {
      frame[i] = (plain[bit >> 3] >> (bit & 7)) & 1;
    }
    return Promise.resolve(frame);
  };
}

/** The slice that a frame lies on. */
function findSlice(path: string, frame: number, groups: FrameGroups, stack: SliceStack): number {
  const { orientation, spacing } = stack.slices[0];
  const measured = [
    ["orientation", orientation, PLANE_ORIENTATION],
    ["spacing", spacing, PIXEL_MEASURES],
  ] as const;
  for (const [field, wanted, sequence] of measured) {
    const got = groups.fields(sequence, field).numbers(field, wanted.length);
    if (wanted.every((value, i) => Math.abs(value - got[i]) < 1e-3)) continue;
    const expected = `${wanted.join(", ")}, as the images have`;
    const remedy = "Resample the segmentation to its images";
    throw fieldError(path, field, expected, got.join(", "), remedy);
  }
  const position = groups.fields(PLANE_POSITION, "position").numbers("position", 3);
  const distances = stack.slices.map((slice) =>
    Math.hypot(...slice.position.map((mm, axis) => mm - position[axis])),
  );
  const nearest = distances.indexOf(Math.min(...distances));
  const distance = affineSpacing(stack.affine)[2];
  if (distances[nearest] <= Math.max(PLACE_TOLERANCE * distance, 0.01)) return nearest;
  throw fieldError(
    path,
    "position",
    `the place of an image for frame ${frame + 1}`,
    `one ${distances[nearest].toFixed(3)} mm from the nearest, ${stack.slices[nearest].path}`,
    "Choose the series that the segmentation was made on",
  );
}

/**
 * Reads a DICOM segmentation (SEG) as a mask on the series that it was made on. Slices without a
 * frame are background.
 *
 * @throws DataError for fractional segmentations, segments that overlap, and frames that lie on no
 *   image of the series
 */
export async function readSegmentation(
  segmentation: DicomElements,
  stack: SliceStack,
): Promise<SegmentationMask> {
  const { path } = segmentation;
  const fields = new Fields(segmentation);
  const classNames = readSegments(segmentation);
  const [columns, rows, slices] = stack.shape;
  const size = [fields.word("columns"), fields.word("rows")];
  if (size[0] !== columns || size[1] !== rows) {
    throw fieldError(path, "rows", `${columns} x ${rows}, as the images`, size.join(" x "));
  }
  const frameGroups = readItems(segmentation, FRAME_GROUPS);
  const [shared] = readItems(segmentation, SHARED_GROUPS);
  const [count] = fields.numbers("frames", 1, [1]);
  if (count !== frameGroups.length) {
    throw fieldError(path, "frames", `${frameGroups.length}, one for each group`, String(count));
  }
  const readFrame = readFrames(segmentation, count);
  const isLabelMap = fields.text("segmentationType") === "LABELMAP";
  const data = new Uint8Array(columns * rows * slices);
  for (const [index, own] of frameGroups.entries()) {
    const groups = new FrameGroups(path, own, shared);
    const slice = findSlice(path, index, groups, stack);
    const segment = isLabelMap
      ? null
      : groups.fields(SEGMENT_IDENTIFICATION, "referencedSegment").word("referencedSegment");
    const pixels = await readFrame(index);
    const target = data.subarray(slice * columns * rows, (slice + 1) * columns * rows);
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i] === 0) continue;
      const label = segment ?? pixels[i];
      if (classNames[label] === undefined || label === 0) {
        throw fieldError(path, "referencedSegment", "a segment that is described", String(label));
      }
      if (target[i] !== 0 && target[i] !== label) {
        const place = `[${i % columns}, ${Math.floor(i / columns)}, ${slice}]`;
        throw new DataError({
          where: `${path}: voxel ${place}`,
          expected: "one segment at each voxel",
          got: `"${classNames[target[i]]}" and "${classNames[label]}"`,
          remedy: "Save overlapping segments as separate segmentations",
        });
      }
      target[i] = label;
    }
  }
  const { shape, affine } = stack;
  const spacingMm = affineSpacing(affine);
  const mask = { shape, data, affine, spacingMm, unit: "grey8", source: path } as const;
  return { mask, classNames };
}
