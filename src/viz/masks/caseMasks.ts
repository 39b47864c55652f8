import { ConfigError } from "../../core/errors";

/** Row-major numbers: intensities or labels. */
export interface PlaneLike {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

/** A mask to overlay on the scan. */
export interface ComparedMask {
  /** The column's heading: `"Truth"` or a model's name; the same in every case. */
  readonly title: string;
  readonly labels: PlaneLike;
  /** A line below the panel, e.g. `"Dice 0.71"`. */
  readonly caption?: string;
}

/** One slice with its masks. A labelled case of a dataset qualifies: its labels are the truth. */
export interface ComparedCase {
  readonly id: string;
  readonly image: PlaneLike;
  /** The truth, unless it is among `masks`. */
  readonly labels?: PlaneLike | null;
  readonly masks?: readonly ComparedMask[];
}

/** A case with all its masks in a list, including the truth. */
export interface ListedCase {
  readonly id: string;
  readonly image: PlaneLike;
  readonly masks: readonly ComparedMask[];
}

/** The title of a case's own labels. */
export const TRUTH = "Truth";

/**
 * Normalizes cases and checks them.
 *
 * @param where names the caller in errors
 * @throws ConfigError when there is no case, columns differ, or the size of a mask is not that of its scan
 */
export function listMasks(where: string, cases: readonly ComparedCase[]): ListedCase[] {
  if (cases.length === 0) {
    throw new ConfigError({
      where,
      expected: "at least one case",
      got: "none",
      remedy: "Pass a dataset's cases, or a selection of them.",
    });
  }
  const listed = cases.map(({ id, image, labels, masks = [] }) => ({
    id,
    image,
    masks: labels === undefined || labels === null ? masks : [{ title: TRUTH, labels }, ...masks],
  }));
  const wanted = listed[0].masks.map(({ title }) => title);
  for (const { id, image, masks } of listed) {
    const got = masks.map(({ title }) => title);
    if (got.join("\n") !== wanted.join("\n")) {
      throw new ConfigError({
        where: `${where}["${id}"].masks`,
        expected: `the columns ${wanted.join(", ") || "(none)"}`,
        got: got.join(", ") || "none",
        remedy: "Every case needs the same masks in the same order.",
      });
    }
    for (const { title, labels } of masks) {
      if (labels.height !== image.height || labels.width !== image.width) {
        throw new ConfigError({
          where: `${where}["${id}"].masks["${title}"]`,
          expected: `${image.height} x ${image.width} pixels, like the scan`,
          got: `${labels.height} x ${labels.width}`,
          remedy: "Resample the mask to the scan's grid first.",
        });
      }
    }
  }
  return listed;
}
