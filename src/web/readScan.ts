import { DataError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { describeLeftOut } from "../data/dicom/chooseSeries";
import { dicomStart } from "../data/dicom/dicomStart";
import { parseDicomSeries } from "../data/dicom/decodeSeries";
import { parseGreyPng } from "../data/images/parsePng";
import { parseNifti } from "../data/nifti/parseNifti";
import { describeNonFinite } from "../data/nifti/nonFinite";
import { describePlacementIssue } from "../data/nifti/placementIssue";
import type { IntensityUnit, SliceCase, Volume, VolumeGrid } from "../data/types";
import { sliceVolume } from "../data/volumeSlices";

/** A file that is in memory: dropped on a page, chosen, or fetched. */
export interface ScanFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Options of {@link readScan}. */
export interface ReadScanOptions {
  /** Unit of the values; by default as stated in the files, or else guessed from their range. */
  readonly unit?: IntensityUnit;
  /** Which DICOM series, by its UID or number, where there are several. */
  readonly series?: string;
}

/** Slices of files, ready to be segmented. */
export interface Scan {
  readonly kind: "nifti" | "dicom" | "png";
  readonly cases: readonly SliceCase[];
  /** The volume that the slices were cut from; `null` for pictures. */
  readonly grid: VolumeGrid | null;
  /** Notes for the user: a guessed unit, skipped files. */
  readonly notes: readonly string[];
}

type Kind = Scan["kind"] | "jpeg" | "unknown";

/** The kind of a file from its first bytes, whatever its name. */
function kindOf(bytes: Uint8Array): Kind {
  const starts = (...wanted: number[]): boolean => wanted.every((byte, i) => bytes[i] === byte);
  if (dicomStart(bytes) !== null) return "dicom";
  if (starts(0x89, 0x50, 0x4e, 0x47)) return "png";
  if (starts(0xff, 0xd8)) return "jpeg";
  // Gzipped, or the header's size in either byte order (540 for NIfTI-2, which its reader rejects).
  const isNifti = starts(0x1f, 0x8b) || starts(0x5c, 1, 0, 0) || starts(0, 0, 1, 0x5c);
  return isNifti || starts(0x1c, 2, 0, 0) || starts(0, 0, 2, 0x1c) ? "nifti" : "unknown";
}

/**
 * Reads one NIfTI volume, one DICOM series or PNG slices from memory, as `readDataset` of
 * `layerbook/node` reads them from disk. The kind is taken from the contents, not from the names.
 *
 * @throws DataError for no files, files of several kinds, several volumes, and all that the readers
 *   refuse
 * @example
 * const bytes = encodeMaskPng({ height: 1, width: 2, data: Uint8Array.of(0, 1) });
 * const attempt = readScan([{ name: "mask.png", bytes: Uint8Array.from(bytes) }]);
 * (await attempt.catch((error: Error) => error.message.split(",")[0]));
 * // "mask.png: expected an 8-bit grey image"
 */
export async function readScan(
  files: readonly ScanFile[],
  options: ReadScanOptions = {},
): Promise<Scan> {
  rejectUnknownOptions("readScan", options, ["unit", "series"]);
  const known = files.map((file) => ({ ...file, kind: kindOf(file.bytes) }));
  const dicom = known.filter(({ kind }) => kind === "dicom");
  // A folder of a series often holds other files too; the readers of folders pass them over as well.
  if (dicom.length > 0) return readSeries(dicom, known.length - dicom.length, options);
  const [first] = known;
  if (first === undefined) {
    throw refusal("files", "none", "Choose a NIfTI file, a DICOM series or PNG slices");
  }
  const odd = known.find(({ kind }) => kind === "jpeg" || kind === "unknown");
  if (odd !== undefined) {
    throw refusal(
      odd.name,
      odd.bytes.length === 0
        ? "an empty file"
        : odd.kind === "jpeg"
          ? "a JPEG"
          : "a file of another kind",
      odd.kind === "jpeg" ? "Save it as a grey PNG" : "Convert it to NIfTI, DICOM or PNG",
    );
  }
  const other = known.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    throw refusal(other.name, `${other.kind} beside ${first.kind}`, "Choose files of one kind");
  }
  if (first.kind === "png") return readPictures(known);
  if (known.length > 1) {
    throw refusal(known[1].name, "a second NIfTI volume", "Choose one volume at a time");
  }
  return readVolume(first, options);
}

function refusal(where: string, got: string, remedy: string): DataError {
  const expected = "one NIfTI volume, the files of one DICOM series, or PNG slices";
  return new DataError({ where, expected, got, remedy });
}

async function readVolume(file: ScanFile, { unit }: ReadScanOptions): Promise<Scan> {
  const notes: string[] = [];
  const volume = await parseNifti(file.name, file.bytes, {
    ...(unit === undefined ? {} : { unit }),
    onUnitGuess: ({ unit: guess, min, max }) => {
      const [low, high] = [min, max].map((value) => Number(value.toPrecision(4)));
      notes.push(`Values from ${low} to ${high} are read as ${guess}.`);
    },
    onNonFinite: (found) => notes.push(`${describeNonFinite(found)}.`),
    onPlacementIssue: (issue) => {
      const text = describePlacementIssue(issue);
      notes.push(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
    },
  });
  return { kind: "nifti", notes, ...slicesOf(file.name, volume) };
}

async function readSeries(
  files: readonly ScanFile[],
  others: number,
  { unit, series }: ReadScanOptions,
): Promise<Scan> {
  const notes =
    others === 0
      ? []
      : [
          `${others} ${others === 1 ? "file that is not DICOM was" : "files that are not DICOM were"} skipped.`,
        ];
  const name = files.length === 1 ? files[0].name : `${files.length} DICOM files`;
  const volume = await parseDicomSeries(name, files, {
    ...(unit === undefined ? {} : { unit }),
    ...(series === undefined ? {} : { series }),
    onLeftOut: (leftOut) => notes.push(`Left out ${describeLeftOut(leftOut)}.`),
  });
  return { kind: "dicom", notes, ...slicesOf("series", volume) };
}

function slicesOf(name: string, volume: Volume): Pick<Scan, "cases" | "grid"> {
  const stem = name.replace(/(\.nii\.gz|\.[^.]*)$/i, "");
  const { cases, grid } = sliceVolume(volume, null, { name: stem });
  return { cases, grid };
}

function readPictures(files: readonly ScanFile[]): Scan {
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const cases = [...files]
    .sort((a, b) => compare(a.name, b.name))
    .map(({ name, bytes }): SliceCase => {
      const id = name.replace(/\.[^.]*$/, "");
      const image = parseGreyPng(name, bytes);
      return { id, group: id, image, labels: null, unit: "grey8", spacingMm: null };
    });
  return { kind: "png", cases, grid: null, notes: [] };
}
