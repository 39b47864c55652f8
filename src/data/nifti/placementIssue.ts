import { applyAffine } from "../affine";
import { baseName } from "../fileNames";
import type { Affine } from "../types";

/** What is ambiguous about a file's placement in the patient. */
export type PlacementIssue =
  /** It states no placement: `sform_code` and `qform_code` are 0. */
  | { readonly kind: "unplaced" }
  /** It states two placements; by how much they differ at the furthest corner. */
  | { readonly kind: "formsDiffer"; readonly mm: number }
  /** Its sform implies voxel sizes other than those it states, in mm. */
  | {
      readonly kind: "voxelSizes";
      readonly stated: readonly number[];
      readonly spacing: readonly number[];
    };

/** Forms count as equal if no corner differs by more than this share of the smallest voxel side. */
const TOLERANCE = 0.1;

/**
 * How far apart two affines put a grid's corners.
 *
 * @returns `null` if the difference is negligible
 */
export function formDifference(
  shape: readonly [number, number, number],
  spacingMm: readonly number[],
  one: Affine,
  other: Affine,
): number | null {
  let furthest = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [i, j, k] = shape.map((size, axis) => (((corner >> axis) & 1) === 1 ? size - 0.5 : -0.5));
    const [a, b] = [one, other].map((affine) => applyAffine(affine, [i, j, k]));
    furthest = Math.max(furthest, Math.hypot(...a.map((mm, axis) => mm - b[axis])));
  }
  return furthest > TOLERANCE * Math.min(...spacingMm) ? furthest : null;
}

/** An issue as a sentence, without the file's name. */
export function describePlacementIssue(issue: PlacementIssue): string {
  switch (issue.kind) {
    case "unplaced":
      return (
        "the header states no place (sform_code and qform_code are 0), so that left and right, front and " +
        "back are a guess from the order of the voxels"
      );
    case "formsDiffer":
      return (
        `sform and qform put its corners up to ${issue.mm.toFixed(2)} mm apart; the sform is taken, as ` +
        "nibabel does"
      );
    case "voxelSizes":
      return (
        `pixdim states voxels of ${sizes(issue.stated)} mm and sform has ${sizes(issue.spacing)} mm; the ` +
        "sform is taken, as nibabel does"
      );
  }
}

/** Reports an issue on stderr. */
export function warnOfPlacement(issue: PlacementIssue & { readonly source: string }): void {
  console.warn(`${baseName(issue.source)}: ${describePlacementIssue(issue)}`);
}

function sizes(mm: readonly number[]): string {
  return mm.map((size) => Number(size.toPrecision(4))).join(" x ");
}

/** Reports something once per key, however often it is called. */
export function oncePerKey<T>(
  keyOf: (value: T) => string,
  say: (value: T) => void,
): (value: T) => void {
  const said = new Set<string>();
  return (value) => {
    const key = keyOf(value);
    if (said.has(key)) return;
    said.add(key);
    say(value);
  };
}
