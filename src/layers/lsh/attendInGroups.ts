import * as tf from "@tensorflow/tfjs";
import { areFewWeights, groupsOf } from "./geometry";
import type { LshGeometry, LshGroup } from "./geometry";
import type { FilledLshSettings } from "./options";
import type { SortedTokens } from "./reach";
import { attendForward, attendGradients } from "./rounds";
import { sort } from "./sort";

/** Buckets of some sequences. */
export type Hashed = {
  /** int32 `[numHashes, rows]` */
  readonly buckets: tf.Tensor2D;
  /** More than any bucket. */
  readonly numBuckets: number;
};

/** Steps 1 and 2 of some sequences: their rows, and int32 `[rows]`, 0 for masked ones, or `null`. */
export type Hash = (q: tf.Tensor2D, valid: tf.Tensor1D | null, group: LshGroup) => Hashed;

/** Rows of one group. */
function rowsOf(x: tf.Tensor2D, { begin, geometry }: LshGroup): tf.Tensor2D {
  if (x.shape[0] === geometry.rows) return x;
  return tf.slice(x, [begin, 0], [geometry.rows, x.shape[1]]);
}

const join = (parts: tf.Tensor2D[]): tf.Tensor2D =>
  parts.length === 1 ? parts[0] : tf.concat(parts);

/** Saved tensors that every group has, then those of the groups. */
const SHARED = 4;

/**
 * LSH attention of all sequences, some at a time. For its gradient it keeps a few numbers a token and
 * the weights where they are few; where they are many, a byte for each pair in reach, of which they
 * are computed again.
 *
 * @param q `[rows, dim]`
 * @param v `[rows, valueDim]`
 * @param valid int32 `[rows]`, 0 for masked tokens; `null` where there are none
 * @param hash has no gradient, nor needs one; it runs off the tape
 * @returns `[rows, valueDim]`
 */
export function attendInGroups(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  valid: tf.Tensor1D | null,
  hash: Hash,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): tf.Tensor2D {
  const groups = groupsOf(geometry);
  const isSmall = areFewWeights(geometry);
  const needsBuckets = !settings.attendAcrossBuckets;
  const validOf = (all: tf.Tensor1D | null, { begin, geometry: { rows } }: LshGroup) =>
    all === null || all.shape[0] === rows ? all : tf.slice(all, [begin], [rows]);

  const attend = tf.customGrad((...args) => {
    const [queries, values] = args as unknown as [tf.Tensor2D, tf.Tensor2D];
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    let last: tf.Tensor | null = null;
    const parts = groups.map((group) => {
      const after = last;
      const part = tf.tidy(() => {
        const rows = rowsOf(queries, group);
        const groupValid = validOf(valid, group);
        const { buckets, numBuckets } = hash(rows, groupValid, group);
        const tokens: SortedTokens = {
          order: sort(buckets, numBuckets, group.geometry),
          buckets: needsBuckets ? buckets : null,
          valid: groupValid,
        };
        const groupValues = rowsOf(values, group);
        const forward = attendForward(
          ...([rows, groupValues, tokens, settings, group.geometry, isSmall, after] as const),
        );
        return { ...forward, order: tokens.order };
      });
      last = part.output;
      return part;
    });
    const output = join(parts.map((part) => part.output));
    const lse = join(parts.map((part) => part.lse));
    save([
      queries,
      values,
      output,
      lse,
      ...parts.flatMap(({ order, roundLse, kept }) => [order, roundLse, ...kept]),
    ]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const [x, y, result, sums] = saved as tf.Tensor2D[];
        const each = 2 + geometry.numHashes;
        let previous: tf.Tensor | null = null;
        const gradients = groups.map((group, index) => {
          const own = saved.slice(SHARED + each * index, SHARED + each * (index + 1));
          const [order, roundLse] = own as tf.Tensor2D[];
          const kept = own.slice(2) as tf.Tensor3D[];
          const after = previous;
          const part = tf.tidy(() =>
            attendGradients(
              {
                q: rowsOf(x, group),
                v: rowsOf(y, group),
                dy: rowsOf(dy as tf.Tensor2D, group),
              },
              { output: rowsOf(result, group), lse: rowsOf(sums, group), roundLse, kept },
              order,
              settings,
              group.geometry,
              isSmall,
              after,
            ),
          );
          previous = part.dq;
          return part;
        });
        return [join(gradients.map(({ dq }) => dq)), join(gradients.map(({ dv }) => dv))];
      });
    return { value: output, gradFunc };
  });
  return attend(q, v);
}
