import { DataError } from "../../core/errors";
import type { DicomDataset } from "./parseDicom";

/** The tag and the DICOM keyword of each element that is read. */
const FIELDS = {
  imageType: ["00080008", "ImageType"],
  sopClass: ["00080016", "SOPClassUID"],
  sopInstance: ["00080018", "SOPInstanceUID"],
  acquisitionTime: ["00080032", "AcquisitionTime"],
  modality: ["00080060", "Modality"],
  description: ["0008103e", "SeriesDescription"],
  patientId: ["00100020", "PatientID"],
  thickness: ["00180050", "SliceThickness"],
  echoTime: ["00180081", "EchoTime"],
  triggerTime: ["00181060", "TriggerTime"],
  diffusionB: ["00189087", "DiffusionBValue"],
  study: ["0020000d", "StudyInstanceUID"],
  series: ["0020000e", "SeriesInstanceUID"],
  seriesNumber: ["00200011", "SeriesNumber"],
  acquisitionNumber: ["00200012", "AcquisitionNumber"],
  instanceNumber: ["00200013", "InstanceNumber"],
  position: ["00200032", "ImagePositionPatient"],
  orientation: ["00200037", "ImageOrientationPatient"],
  frameOfReference: ["00200052", "FrameOfReferenceUID"],
  temporalPosition: ["00200100", "TemporalPositionIdentifier"],
  samples: ["00280002", "SamplesPerPixel"],
  photometric: ["00280004", "PhotometricInterpretation"],
  frames: ["00280008", "NumberOfFrames"],
  rows: ["00280010", "Rows"],
  columns: ["00280011", "Columns"],
  spacing: ["00280030", "PixelSpacing"],
  allocated: ["00280100", "BitsAllocated"],
  stored: ["00280101", "BitsStored"],
  highBit: ["00280102", "HighBit"],
  signed: ["00280103", "PixelRepresentation"],
  intercept: ["00281052", "RescaleIntercept"],
  slope: ["00281053", "RescaleSlope"],
  rescaleType: ["00281054", "RescaleType"],
  modalityLut: ["00283000", "ModalityLUTSequence"],
  lutDescriptor: ["00283002", "LUTDescriptor"],
  lutType: ["00283004", "ModalityLUTType"],
  lutData: ["00283006", "LUTData"],
  segmentationType: ["00620001", "SegmentationType"],
  segmentNumber: ["00620004", "SegmentNumber"],
  segmentLabel: ["00620005", "SegmentLabel"],
  referencedSegment: ["0062000b", "ReferencedSegmentNumber"],
  pixelData: ["7fe00010", "PixelData"],
} as const;

/** The name of an element. */
export type Field = keyof typeof FIELDS;

/** The tag of an element, `"00280010"`. */
export function tagOf(field: Field): string {
  return FIELDS[field][0];
}

/** The DICOM keyword of an element. */
export function keywordOf(field: Field): string {
  return FIELDS[field][1];
}

/** An error that names the element. */
export function fieldError(
  path: string,
  field: Field,
  expected: string,
  got: string,
  remedy = "Export the series again, or take the file out of the folder",
  cause?: unknown,
): DataError {
  const [tag, keyword] = FIELDS[field];
  return new DataError({
    where: `${path}: ${keyword} (${tag.slice(0, 4)},${tag.slice(4)})`,
    expected,
    got,
    remedy,
    cause,
  });
}

/** Reads and checks the values of one data set. */
export class Fields {
  constructor(private readonly dataset: DicomDataset) {}

  has(field: Field): boolean {
    const tag = tagOf(field);
    return this.dataset.values.has(tag) || this.dataset.sequences.has(tag);
  }

  /** Text without its padding; empty if the element is absent. */
  text(field: Field): string {
    const bytes = this.dataset.values.get(tagOf(field));
    return bytes?.toString("latin1").replace(/[\0 ]+$/, "") ?? "";
  }

  /** `count` 16-bit unsigned numbers. */
  words(field: Field, count: number): number[] {
    const bytes = this.dataset.values.get(tagOf(field));
    if (bytes === undefined || bytes.length < 2 * count) {
      const got = bytes === undefined ? "nothing" : `${bytes.length} bytes`;
      throw fieldError(
        this.dataset.path,
        field,
        count === 1 ? "a number" : `${count} numbers`,
        got,
      );
    }
    return Array.from({ length: count }, (_, i) =>
      this.dataset.isLittleEndian ? bytes.readUInt16LE(2 * i) : bytes.readUInt16BE(2 * i),
    );
  }

  /** One 16-bit unsigned number. */
  word(field: Field, fallback?: number): number {
    const isAbsent = (this.dataset.values.get(tagOf(field))?.length ?? 0) < 2;
    return isAbsent && fallback !== undefined ? fallback : this.words(field, 1)[0];
  }

  /** `count` decimal numbers, which DICOM stores as text. */
  numbers(field: Field, count: number, fallback?: readonly number[]): number[] {
    const text = this.text(field);
    if (text === "" && fallback !== undefined) return [...fallback];
    const numbers = text.split("\\").map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (numbers.length !== count || !numbers.every(Number.isFinite)) {
      const got = text === "" ? "nothing" : JSON.stringify(text.slice(0, 80));
      throw fieldError(this.dataset.path, field, `${count} numbers`, got);
    }
    return numbers;
  }
}
