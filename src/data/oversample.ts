import { ConfigError } from "../core/errors";
import type { Random } from "../core/random";
import type { Sample } from "./types";

interface OversampleOptions {
  /** Share of the places that are drawn anew, in [0, 1]. */
  readonly share: number;
  /** A label that is no class. */
  readonly ignoreLabel: number | undefined;
  readonly random: Random;
}

/**
 * Puts samples that have a foreground class into evenly spaced places of an order. The classes take
 * turns, so that a rare one is drawn as often as a common one.
 *
 * @param order indices of `samples`
 * @throws ConfigError for a share outside [0, 1]
 */
export function oversample(
  order: readonly number[],
  samples: readonly Sample[],
  { share, ignoreLabel, random }: OversampleOptions,
): readonly number[] {
  if (!(share >= 0 && share <= 1)) {
    throw new ConfigError({
      where: "oversampleForeground",
      expected: "a share in [0, 1]",
      got: String(share),
    });
  }
  if (share === 0) return order;
  const samplesByClass = new Map<number, number[]>();
  samples.forEach(({ labels }, index) => {
    for (const label of new Set(labels?.data ?? [])) {
      if (label === 0 || label === ignoreLabel) continue;
      samplesByClass.set(label, [...(samplesByClass.get(label) ?? []), index]);
    }
  });
  if (samplesByClass.size === 0) return order;
  const classes = [...samplesByClass].sort(([a], [b]) => a - b).map(([, indices]) => indices);
  let turn = random.integer(0, classes.length);
  return order.map((index, place) => {
    const isDrawn = Math.floor((place + 1) * share) > Math.floor(place * share);
    return isDrawn ? random.choice(classes[turn++ % classes.length]) : index;
  });
}
