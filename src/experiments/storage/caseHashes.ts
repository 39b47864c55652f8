import { createHash } from "node:crypto";
import type { SliceCase } from "../../data/types";

/** SHA-256 hashes of a case's contents: image and mask, not the files. */
export interface CaseHashes {
  readonly image: string;
  /** `null` for a case without a mask. */
  readonly mask: string | null;
}

/** The hashes of cases by their ids. */
export function caseHashes(cases: readonly SliceCase[]): Record<string, CaseHashes> {
  return Object.fromEntries(
    cases.map(({ id, group, image, labels, unit, spacingMm }) => [
      id,
      {
        image: hash({ group, unit, spacingMm, ...size(image) }, image.data),
        mask: labels === null ? null : hash(size(labels), labels.data),
      },
    ]),
  );
}

/** A description of how two data sets differ; `null` if their contents are the same. */
export function differenceOf(
  before: Readonly<Record<string, CaseHashes>>,
  now: Readonly<Record<string, CaseHashes>>,
): string | null {
  const gone = Object.keys(before).find((id) => !Object.hasOwn(now, id));
  if (gone !== undefined) return `no case "${gone}"`;
  const added = Object.keys(now).find((id) => !Object.hasOwn(before, id));
  if (added !== undefined) return `a case "${added}" too`;
  for (const [id, { image, mask }] of Object.entries(now)) {
    if (before[id].image !== image) return `another image of "${id}"`;
    if (before[id].mask !== mask) return `another mask of "${id}"`;
  }
  return null;
}

function size({ height, width }: { readonly height: number; readonly width: number }): object {
  return { height, width };
}

function hash(meaning: object, data: Float32Array | Uint8Array): string {
  return createHash("sha256")
    .update(JSON.stringify(meaning))
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}
