import { createRandom } from "../../core/random";
import { paperCopies } from "../../data/augment/paperCopies";
import { selectById } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { Sample } from "../../data/types";

/**
 * The training part of a split made after augmentation, for a leak study: the training slices and as
 * many augmented copies as they have themselves, but drawn from the copies of all slices, including the
 * tested ones.
 *
 * @returns the copies, and the split with the copies among its training cases
 */
export function leakCopies(
  samples: readonly Sample[],
  split: Pick<Split, "train" | "validation" | "test">,
  seed: number,
): { readonly copies: readonly Sample[]; readonly train: string[] } {
  const { train, validation, test } = split;
  const own = selectById(samples, train).flatMap(paperCopies);
  const all = [...own, ...selectById(samples, [...validation, ...test]).flatMap(paperCopies)];
  const order = createRandom(seed).fork("leaked copies").permutation(all.length);
  const copies = order.slice(0, own.length).map((index) => all[index]);
  return { copies, train: [...train, ...copies.map(({ id }) => id)] };
}
