import { ConfigError } from "../../core/errors";
import { createRandom } from "../../core/random";
import { selectById } from "../../data/splits";
import type { Split, Splittable } from "../../data/splits";

/**
 * The training slices of a fold in the order in which they are labelled. The first one has as many classes as any
 * other. With more shots the labelled slices include those of fewer shots.
 */
export function drawOrder(fold: Split, cases: readonly Splittable[], seed: number): string[] {
  const pool = selectById(cases, [...fold.train, ...fold.validation]);
  const random = createRandom(seed).fork(`labelled slices of fold ${fold.fold}`);
  const drawn = random.permutation(pool.length).map((index) => pool[index]);
  const classes = drawn.map(({ labels }) => new Set(labels?.data ?? []).size);
  const [first] = drawn.splice(classes.indexOf(Math.max(...classes)), 1);
  return [first, ...drawn].map(({ id }) => id);
}

/**
 * Splits an order into the first `shots` and the rest.
 *
 * @throws ConfigError for more shots than slices
 */
export function labelFirst(
  order: readonly string[],
  shots: number,
): { readonly labelled: readonly string[]; readonly unlabelled: readonly string[] } {
  if (!Number.isInteger(shots) || shots < 1 || shots > order.length) {
    throw new ConfigError({
      where: "kShot.shots",
      expected: `integers from 1 to ${order.length}, the slices that a fold has to train on`,
      got: String(shots),
    });
  }
  return { labelled: order.slice(0, shots), unlabelled: order.slice(shots) };
}
