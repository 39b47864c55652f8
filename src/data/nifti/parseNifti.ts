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
  /** What the numbers mean; by default what the file notes, else a guess from their range. */
  readonly unit?: IntensityUnit;
  /** What they mean where the file does not note it and `unit` does not say; by default a guess. */
  readonly unnotedUnit?: IntensityUnit | undefined;
  /** Called if the unit was guessed; by default a line on stderr says so. */
  readonly onUnitGuess?: (guess: UnitGuess & { readonly source: string }) => void;
  /** Called when the header leaves the position in the patient in doubt; by default prints a warning to stderr. */
  readonly onPlacementIssue?: (issue: PlacementIssue & { readonly source: string }) => void;
  /** Called with the number of non-finite voxels; by default a line on stderr says so. */
  readonly onNonFinite?: (found: NonFiniteVoxels) => void;
  /** The most memory to take: voxels as stored and as decoded together; default 4 GiB. */
  readonly maxBytes?: number;
}

/** Decodes what a file holds. */
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
 * `readNifti` of bytes that are in memory already: a file that was dropped on a page or came over the
 * network.
 *
 * @param name for the messages
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
    // What was not read of the stream is not wanted.
    await reader.cancel().catch(() => undefined);
  }
}
