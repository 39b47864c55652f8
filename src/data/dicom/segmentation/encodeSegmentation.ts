import { createHash, randomUUID } from "node:crypto";
import { ShapeError } from "../../../core/errors";
import type { Volume } from "../../types";
import type { DicomSlice } from "../dicomSlice";
import type { DicomDataSet } from "../encodeDicom";
import { encodeDicom } from "../encodeDicom";
import { Fields } from "../fields";
import type { SliceStack } from "../stackSlices";
import { dicomCode, segmentCodes } from "./segmentCodes";

const SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4";
/** Patient and study, which the segmentation shares with its images: tag and value representation. */
const SHARED_ELEMENTS = [
  ["00080005", "CS"],
  ["00080020", "DA"],
  ["00080030", "TM"],
  ["00080050", "SH"],
  ["00080090", "PN"],
  ["00081030", "LO"],
  ["00100010", "PN"],
  ["00100020", "LO"],
  ["00100030", "DA"],
  ["00100040", "CS"],
  ["0020000d", "UI"],
  ["00200010", "SH"],
  ["00200052", "UI"],
] as const;
/** Of these, what may be left out. */
const OPTIONAL_ELEMENTS = ["00080005", "00081030"];

/** Options of {@link encodeSegmentation}. */
export interface SegmentationOptions {
  /** Names by label, background first. */
  readonly classNames: readonly string[];
  /** The moment that the file names; default now. */
  readonly date?: Date;
  /** Makes the UIDs of the new objects; default random ones. */
  readonly createUid?: () => string;
  /** For the series' description; default `"layerbook segmentation"`. */
  readonly description?: string;
}

/** One frame: a segment on a slice. */
interface Frame {
  readonly segment: number;
  readonly slice: number;
  readonly pixels: Uint8Array;
}

/** A UID of the UUID kind. */
function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;
}

/** A UID that is the same for the same text. */
function uidOf(text: string): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return `2.25.${BigInt(`0x${digest}`)}`;
}

/** ASCII, which every character set of a series holds: accents are dropped. */
function plainText(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^\x20-\x7e]|\\/g, "?")
    .slice(0, 64);
}

function rawValue(slice: DicomSlice, tag: string): Buffer {
  return slice.elements.values.get(tag) ?? Buffer.alloc(0);
}

/** The frames with at least one pixel, segment by segment; one empty frame if the mask is empty. */
function listFrames(mask: Volume<Uint8Array>, segments: number): Frame[] {
  const [columns, rows, slices] = mask.shape;
  const pixels = rows * columns;
  const frames: Frame[] = [];
  for (let segment = 1; segment <= segments; segment++) {
    for (let slice = 0; slice < slices; slice++) {
      const plane = mask.data.subarray(slice * pixels, (slice + 1) * pixels);
      if (!plane.includes(segment)) continue;
      frames.push({ segment, slice, pixels: plane });
    }
  }
  return frames.length > 0
    ? frames
    : [{ segment: 1, slice: 0, pixels: mask.data.subarray(0, pixels) }];
}

/** One bit per pixel, least significant bit first, frames packed without gaps. */
function packBits(frames: readonly Frame[]): Buffer {
  const pixels = frames[0].pixels.length;
  const packed = Buffer.alloc(Math.ceil((frames.length * pixels) / 8));
  frames.forEach(({ segment, pixels: plane }, index) => {
    for (let i = 0, bit = index * pixels; i < pixels; i++, bit++) {
      if (plane[i] === segment) packed[bit >> 3] |= 1 << (bit & 7);
    }
  });
  return packed;
}

function reference(slice: DicomSlice): DicomDataSet {
  const fields = new Fields(slice.elements);
  return {
    "00081150": ["UI", fields.text("sopClass")],
    "00081155": ["UI", fields.text("sopInstance")],
  };
}

function frameItem({ segment, slice }: Frame, source: DicomSlice): DicomDataSet {
  const sourceItem: DicomDataSet = {
    ...reference(source),
    "0028135a": ["CS", "YES"],
    "0040a170": ["SQ", [dicomCode("121322", "Source image for image processing operation")]],
  };
  const derivation: DicomDataSet = {
    "00082112": ["SQ", [sourceItem]],
    "00089215": ["SQ", [dicomCode("113076", "Segmentation")]],
  };
  return {
    "00089124": ["SQ", [derivation]],
    "00209111": ["SQ", [{ "00209157": ["UL", [segment, slice + 1]] }]],
    "00209113": ["SQ", [{ "00200032": ["DS", rawValue(source, "00200032")] }]],
    "0062000a": ["SQ", [{ "0062000b": ["US", [segment]] }]],
  };
}

function segmentItem(className: string, label: number): DicomDataSet {
  const { category, type } = segmentCodes(plainText(className), label);
  return {
    "00620003": ["SQ", [category]],
    "00620004": ["US", [label]],
    "00620005": ["LO", plainText(className)],
    "00620008": ["CS", "AUTOMATIC"],
    "00620009": ["LO", "layerbook"],
    "0062000f": ["SQ", [type]],
  };
}

/** Frames are found by segment, then by place. */
function dimensionElements(uid: string): DicomDataSet {
  const index = (pointer: string, group: string, label: string): DicomDataSet => ({
    "00209164": ["UI", uid],
    "00209165": ["AT", pointer],
    "00209167": ["AT", group],
    "00209421": ["LO", label],
  });
  return {
    "00209221": ["SQ", [{ "00209164": ["UI", uid] }]],
    "00209222": [
      "SQ",
      [
        index("0062000b", "0062000a", "Segment Number"),
        index("00200032", "00209113", "Image Position Patient"),
      ],
    ],
  };
}

/** Grid, shared by all frames. */
function sharedGroups(stack: SliceStack): DicomDataSet {
  const [first] = stack.slices;
  const step = Math.hypot(stack.affine[2], stack.affine[6], stack.affine[10]);
  const distance = String(Number(step.toFixed(6)));
  const thickness = rawValue(first, "00180050");
  return {
    "00209116": ["SQ", [{ "00200037": ["DS", rawValue(first, "00200037")] }]],
    "00289110": [
      "SQ",
      [
        {
          "00180050": ["DS", thickness.length > 0 ? thickness : distance],
          "00180088": ["DS", distance],
          "00280030": ["DS", rawValue(first, "00280030")],
        },
      ],
    ],
  };
}

function dateTime(date: Date): { readonly day: string; readonly time: string } {
  const digits = date.toISOString().replace(/\D/g, "");
  return { day: digits.slice(0, 8), time: digits.slice(8, 14) };
}

/**
 * A DICOM segmentation (SEG) of a series: one binary segment for each class but the background, with
 * references to the images, their geometry, patient and study, so that viewers lay it over them.
 *
 * @param mask labels on the series' grid, slice after slice as in `stack`
 * @returns the file
 * @throws ShapeError for a mask of another shape
 * @see DICOM PS3.3 A.51, Segmentation IOD
 */
export function encodeSegmentation(
  mask: Volume<Uint8Array>,
  stack: SliceStack,
  options: SegmentationOptions,
): Buffer {
  const { classNames, date = new Date(), createUid = newUid } = options;
  const { description = "layerbook segmentation" } = options;
  if (mask.shape.some((size, axis) => size !== stack.shape[axis])) {
    throw new ShapeError({
      where: "encodeSegmentation.mask",
      expected: `the shape of the series, ${stack.shape.join(" x ")}`,
      got: mask.shape.join(" x "),
    });
  }
  const [first] = stack.slices;
  const fields = new Fields(first.elements);
  const [columns, rows] = mask.shape;
  const frames = listFrames(mask, classNames.length - 1);
  const { day, time } = dateTime(date);
  const shared = SHARED_ELEMENTS.flatMap(([tag, kind]) => {
    const value = rawValue(first, tag);
    if (value.length === 0 && OPTIONAL_ELEMENTS.includes(tag)) return [];
    return [[tag, [kind, value]] as const];
  });
  // A series without a frame of reference of its own gets one, the same each time.
  const series = fields.text("series");
  const frameOfReference = fields.text("frameOfReference") || uidOf(`frame of ${series}`);
  return encodeDicom({
    ...Object.fromEntries(shared),
    "00080008": ["CS", "DERIVED\\PRIMARY"],
    "00080016": ["UI", SEGMENTATION_STORAGE],
    "00080018": ["UI", createUid()],
    "00080023": ["DA", day],
    "00080033": ["TM", time],
    "00080060": ["CS", "SEG"],
    "00080070": ["LO", "layerbook"],
    "0008103e": ["LO", plainText(description)],
    "00081090": ["LO", "layerbook"],
    "00081115": [
      "SQ",
      [
        {
          "0008114a": ["SQ", stack.slices.map(reference)],
          "0020000e": ["UI", series],
        },
      ],
    ],
    "00181000": ["LO", "none"],
    "00181020": ["LO", "0.1"],
    "0020000e": ["UI", createUid()],
    "00200011": ["IS", "1000"],
    "00200013": ["IS", "1"],
    "00200052": ["UI", frameOfReference],
    "00201040": ["LO", ""],
    ...dimensionElements(createUid()),
    "00280002": ["US", [1]],
    "00280004": ["CS", "MONOCHROME2"],
    "00280008": ["IS", String(frames.length)],
    "00280010": ["US", [rows]],
    "00280011": ["US", [columns]],
    "00280100": ["US", [1]],
    "00280101": ["US", [1]],
    "00280102": ["US", [0]],
    "00280103": ["US", [0]],
    "00282110": ["CS", "00"],
    "00620001": ["CS", "BINARY"],
    "00620002": ["SQ", classNames.slice(1).map((name, i) => segmentItem(name, i + 1))],
    "00620013": ["CS", "NO"],
    "00700080": ["CS", "SEGMENTATION"],
    "00700081": ["LO", plainText(description)],
    "00700084": ["PN", "layerbook"],
    "52009229": ["SQ", [sharedGroups(stack)]],
    "52009230": ["SQ", frames.map((frame) => frameItem(frame, stack.slices[frame.slice]))],
    "7fe00010": ["OB", packBits(frames)],
  });
}
