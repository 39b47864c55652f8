import { Fields } from "./fields";
import type { DicomElements } from "./parseDicom";

/** What a DICOM file means to a reader of series. */
export type DicomKind =
  | { readonly kind: "slice" }
  | { readonly kind: "segmentation" }
  /** A picture that is read only if it is asked for or there is nothing else. */
  | { readonly kind: "aside"; readonly what: string }
  /** Nothing that could be a slice. */
  | { readonly kind: "other"; readonly what: string };

const STORAGE = "1.2.840.10008.5.1.4.1.1.";
const SEGMENTATIONS = [`${STORAGE}66.4`, `${STORAGE}66.7`];
/** Storage classes without slices, by the beginning of their UID; the first match counts. */
const OTHER_CLASSES: readonly (readonly [prefix: string, what: string])[] = [
  [`${STORAGE}88.67`, "radiation dose report"],
  [`${STORAGE}88.`, "structured report"],
  [`${STORAGE}481.3`, "RT structure set"],
  [`${STORAGE}481.`, "radiotherapy object"],
  [`${STORAGE}66`, "registration or measurement"],
  [`${STORAGE}11.`, "presentation state"],
  [`${STORAGE}104.`, "document"],
  [`${STORAGE}9.`, "waveform"],
];
export const WITHOUT_PIXELS = "file without pixels";
const DIRECTORY_RECORDS = "00041220";

/** Whether a file is a directory of others (DICOMDIR). */
export function isDirectory({ values, sequences }: DicomElements): boolean {
  return values.has(DIRECTORY_RECORDS) || sequences.has(DIRECTORY_RECORDS);
}

/** Determines what a file is from its class, its pixels and its position. */
export function dicomKind(elements: DicomElements): DicomKind {
  const { fragments } = elements;
  if (isDirectory(elements)) return { kind: "other", what: "DICOMDIR" };
  const fields = new Fields(elements);
  const sopClass = fields.text("sopClass");
  if (SEGMENTATIONS.includes(sopClass)) return { kind: "segmentation" };
  const other = OTHER_CLASSES.find(([prefix]) => sopClass.startsWith(prefix));
  if (other !== undefined) return { kind: "other", what: other[1] };
  if (fragments === null && !fields.has("pixelData") && !fields.has("rows")) {
    return { kind: "other", what: WITHOUT_PIXELS };
  }
  if (fields.text("imageType").split("\\").includes("LOCALIZER")) {
    return { kind: "aside", what: "localiser" };
  }
  const photometric = fields.text("photometric");
  if (photometric !== "" && !photometric.startsWith("MONOCHROME")) {
    return { kind: "aside", what: `picture in ${photometric}` };
  }
  const frames = Number(fields.text("frames"));
  if (frames > 1) {
    return { kind: "aside", what: `multi-frame image of ${frames} frames (enhanced DICOM)` };
  }
  if (!fields.has("position") && !fields.has("orientation")) {
    return { kind: "aside", what: "picture without a place in the patient" };
  }
  return { kind: "slice" };
}
