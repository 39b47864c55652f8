import { DataError } from "../../core/errors";
import { baseName } from "../fileNames";
import { WITHOUT_PIXELS, dicomKind } from "./dicomKind";
import type { DicomKind } from "./dicomKind";
import { Fields, fieldError } from "./fields";
import type { DicomElements } from "./parseDicom";

/** A DICOM file that was not read, and why. */
export interface LeftOutFile {
  readonly path: string;
  /** Such as `"structured report"`. */
  readonly what: string;
}

/** A series, to choose from. */
export interface DicomSeriesInfo {
  /** Its SeriesInstanceUID. */
  readonly uid: string;
  /** Its SeriesNumber; empty if the files have none. */
  readonly number: string;
  readonly description: string;
  readonly modality: string;
  readonly slices: number;
}

/** One DICOM file and its kind. */
export interface DicomFile {
  readonly elements: DicomElements;
  readonly kind: DicomKind;
  readonly series: string;
}

/** The files of the series that was chosen, and the rest. */
export interface ChosenSeries {
  /** Its SeriesInstanceUID. */
  readonly uid: string;
  readonly files: readonly DicomElements[];
  /** Segmentation objects, of this series or another. */
  readonly segmentations: readonly DicomElements[];
  readonly leftOut: readonly LeftOutFile[];
}

/** Describes a file. */
export function dicomFileOf(elements: DicomElements): DicomFile {
  return { elements, kind: dicomKind(elements), series: new Fields(elements).text("series") };
}

/** The files that may be slices; localisers and the like only if there is nothing else. */
export function candidates(files: readonly DicomFile[]): DicomFile[] {
  const slices = files.filter(({ kind }) => kind.kind === "slice");
  return slices.length > 0 ? slices : files.filter(({ kind }) => kind.kind === "aside");
}

export function listSeries(files: readonly DicomFile[]): DicomSeriesInfo[] {
  const bySeries = new Map<string, DicomFile[]>();
  for (const file of files) {
    const own = bySeries.get(file.series);
    if (own === undefined) bySeries.set(file.series, [file]);
    else own.push(file);
  }
  return [...bySeries].map(([uid, own]) => {
    const fields = new Fields(own[0].elements);
    return {
      uid,
      number: fields.text("seriesNumber").trim(),
      description: fields.text("description").trim(),
      modality: fields.text("modality").trim(),
      slices: own.length,
    };
  });
}

/** One series as a line of text, to choose from. */
function describe({ uid, number, description, modality, slices }: DicomSeriesInfo): string {
  const parts = [
    number === "" ? "" : `number ${number}`,
    modality,
    description === "" ? "no description" : JSON.stringify(description),
    `${slices} ${slices === 1 ? "slice" : "slices"}`,
  ];
  return `${uid} (${parts.filter((part) => part !== "").join(", ")})`;
}

/**
 * Chooses the one series of DICOM files, or the one named.
 *
 * @param path for error messages
 * @param series its SeriesInstanceUID or its SeriesNumber
 * @throws DataError for no images, and for several series, which it lists
 */
export function chooseSeries(
  path: string,
  files: readonly DicomFile[],
  series?: string,
): ChosenSeries {
  const possible = candidates(files);
  if (possible.length === 0) {
    const { kind, elements } = files[0];
    if (files.length === 1 && kind.kind === "other" && kind.what === WITHOUT_PIXELS) {
      throw fieldError(elements.path, "pixelData", "an image", "none");
    }
    const what = kind.kind === "segmentation" ? "a segmentation" : "what" in kind ? kind.what : "";
    throw new DataError({
      where: path,
      expected: "DICOM images",
      got: files.length === 1 ? what : `${files.length} other objects (${what} …)`,
      remedy: "Name the folder of the images themselves",
    });
  }
  const all = listSeries(files.filter(({ kind }) => ["slice", "aside"].includes(kind.kind)));
  const offered = listSeries(possible);
  const chosen =
    series === undefined
      ? offered
      : all.filter(({ uid, number }) => uid === series || number === series);
  if (chosen.length !== 1) {
    throw new DataError({
      where: path,
      expected: series === undefined ? "one series" : `one series ${series}`,
      got: `${offered.length} series: ${offered.map(describe).join("; ")}`,
      remedy: "Choose one by its UID or number (series, --series)",
    });
  }
  const ownSlices = candidates(files.filter((file) => file.series === chosen[0].uid));
  expectOnePatient(ownSlices.map(({ elements }) => elements));
  const taken = new Set(ownSlices);
  const leftOut = files.flatMap((file): LeftOutFile[] => {
    const { kind } = file;
    if (taken.has(file) || kind.kind === "segmentation") return [];
    const what = kind.kind === "slice" ? "slice of another series" : kind.what;
    return [{ path: file.elements.path, what }];
  });
  return {
    uid: chosen[0].uid,
    files: ownSlices.map(({ elements }) => elements),
    segmentations: files
      .filter(({ kind }) => kind.kind === "segmentation")
      .map(({ elements }) => elements),
    leftOut,
  };
}

/** Rejects a series with slices of several patients. */
function expectOnePatient(files: readonly DicomElements[]): void {
  const idOf = (file: DicomElements): string => new Fields(file).text("patientId").trim();
  const named = files.filter((file) => idOf(file) !== "");
  const other = named.find((file) => idOf(file) !== idOf(named[0]));
  if (other === undefined) return;
  throw fieldError(
    other.path,
    "patientId",
    `one patient in a series, ${idOf(named[0])} as in ${named[0].path}`,
    idOf(other),
    "Put the files of each patient into a folder of its own",
  );
}

/** What was left out, in one line: `2 files: DOSE (radiation dose report), SCOUT (localiser)`. */
export function describeLeftOut(leftOut: readonly LeftOutFile[]): string {
  const shown = leftOut.slice(0, 5).map(({ path, what }) => `${baseName(path)} (${what})`);
  const rest = leftOut.length > shown.length ? `, and ${leftOut.length - shown.length} more` : "";
  const isFiles = leftOut.every(({ what }) => !what.startsWith("folder"));
  const [one, many] = isFiles ? ["file", "files"] : ["entry", "entries"];
  return `${leftOut.length} ${leftOut.length === 1 ? one : many}: ${shown.join(", ")}${rest}`;
}
