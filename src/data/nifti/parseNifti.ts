import type { IntensityUnit, Volume } from "../types";
import { decodeVoxels } from "./decodeVoxels";
import { guessUnit, warnOfGuess } from "./guessUnit";
import type { UnitGuess } from "./guessUnit";
import { countNonFinite, warnOfNonFinite } from "./nonFinite";
import type { NonFiniteVoxels } from "./nonFinite";
import { warnOfPlacement } from "./placementIssue";
import type { PlacementIssue } from "./placementIssue";
import { DEFAULT_MAX_BYTES, gzipError, readStored } from "./storedVoxels";
import type { Stored } from "./storedVoxels";

/** Options of {@link readNifti}. */
export interface ReadNiftiOptions {
  /** What the numbers mean; by default the unit recorded in the file, else a guess from their range. */
  readonly unit?: IntensityUnit;
  /** What they mean if neither the file nor `unit` states it; by default a guess. */
  readonly unnotedUnit?: IntensityUnit | undefined;
  /** Called if the unit was guessed; by default prints a line to stderr. */
  readonly onUnitGuess?: (guess: UnitGuess & { readonly source: string }) => void;
  /** Called when the header leaves the position in the patient in doubt; by default prints a warning to stderr. */
  readonly onPlacementIssue?: (issue: PlacementIssue & { readonly source: string }) => void;
  /** Called with the number of non-finite voxels; by default prints a line to stderr. */
  readonly onNonFinite?: (found: NonFiniteVoxels) => void;
  /** The most memory to use, for stored and decoded voxels together; default 4 GiB. */
  readonly maxBytes?: number;
}

/** Decodes a file's contents. */
export function volumeOf(
  path: string,
  { header, voxels, extensions }: Stored,
  options: ReadNiftiOptions,
): Volume {
  const {
    onUnitGuess = warnOfGuess,
    onPlacementIssue = warnOfPlacement,
    onNonFinite = warnOfNonFinite,
  } = options;
  const data = decodeVoxels(header, voxels);
  const { shape, affine, spacingMm, form } = header;
  if (header.placementIssue !== null) onPlacementIssue({ ...header.placementIssue, source: path });
  const count = header.datatype.name.startsWith("float") ? countNonFinite(data) : 0;
  if (count > 0) onNonFinite({ count, source: path });
  let unit = options.unit ?? header.notedUnit ?? options.unnotedUnit ?? null;
  if (unit === null) {
    const guess = guessUnit(data);
    unit = guess.unit;
    onUnitGuess({ ...guess, source: path });
  }
  const nifti = { ...form, extensions };
  return { shape, data, affine, spacingMm, unit, source: path, nifti };
}

/**
 * `readNifti` for bytes that are already in memory, such as a file that was dropped on a page or
 * downloaded.
 *
 * @param name for error messages
 * @param bytes a `.nii` or `.nii.gz`
 * @throws DataError that names the file and the field or byte
 */
export async function parseNifti(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadNiftiOptions = {},
): Promise<Volume> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const stream = isPacked ? gunzipped(name, bytes) : one(bytes);
  const source = { stream, fileBytes: bytes.length, isPacked };
  return volumeOf(name, await readStored(name, source, { maxBytes, kind: "image" }), options);
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** The platform's own gunzip, chunk by chunk. */
async function* gunzipped(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array> {
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        throw gzipError(name, /end|truncated|incomplete/i.test(error.message), error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // The rest of the stream is not needed.
    await reader.cancel().catch(() => undefined);
  }
}
