import { ConfigError } from "../core/errors";
import type { Random } from "../core/random";
import type { Sample } from "./types";

interface OversampleOptions {
  /** Fraction of the positions to redraw, in [0, 1]. */
  readonly share: number;
  /** A label that is not a class. */
  readonly ignoreLabel: number | undefined;
  readonly random: Random;
}

/** A position in the order of samples. */
export interface Place {
  readonly index: number;
  /** The class that it was drawn for; `null` if it was not redrawn. */
  readonly label: number | null;
}

/**
 * Replaces evenly spaced positions of an order by samples that have a foreground class. The classes
 * take turns, so that a rare one is drawn as often as a common one.
 *
 * @param order indices into `samples`
 * @throws ConfigError for a fraction outside [0, 1]
 */
export function oversample(
  order: readonly number[],
  samples: readonly Sample[],
  { share, ignoreLabel, random }: OversampleOptions,
): readonly Place[] {
  if (!(share >= 0 && share <= 1)) {
    throw new ConfigError({
      where: "oversampleForeground",
      expected: "a fraction in [0, 1]",
      got: String(share),
    });
  }
  const inOrder = order.map((index): Place => ({ index, label: null }));
  if (share === 0) return inOrder;
  const samplesByClass = new Map<number, number[]>();
  samples.forEach(({ labels }, index) => {
    for (const label of new Set(labels?.data ?? [])) {
      if (label === 0 || label === ignoreLabel) continue;
      samplesByClass.set(label, [...(samplesByClass.get(label) ?? []), index]);
    }
  });
  if (samplesByClass.size === 0) return inOrder;
  const classes = [...samplesByClass].sort(([a], [b]) => a - b);
  let turn = random.integer(0, classes.length);
  return inOrder.map((before, place) => {
    const isDrawn = Math.floor((place + 1) * share) > Math.floor(place * share);
    if (!isDrawn) return before;
    const [label, indices] = classes[turn++ % classes.length];
    return { index: random.choice(indices), label };
  });
}
