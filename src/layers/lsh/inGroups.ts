import * as tf from "@tensorflow/tfjs";
import { runAfter } from "../../core/ops/runAfter";
import { rejectSecondOrder } from "../../core/secondOrder";
import type { RoundOutput } from "./attendWithinChunks";
import { areFewWeights, groupsOf } from "./geometry";
import type { LshGeometry, LshGroup } from "./geometry";
import type { FilledLshSettings } from "./options";

/** How a group of sequences is processed. */
export interface LshContext {
  readonly settings: FilledLshSettings;
  readonly geometry: LshGeometry;
  readonly group: LshGroup;
  /**
   * Whether the weights are kept for the backward pass, from `areFewWeights` of all sequences; rounds
   * may then also run in parallel.
   */
  readonly keepsWeights: boolean;
  /** Tensor that the first round waits for in a recorded graph; `null` for none. */
  readonly waitFor: tf.Tensor | null;
}

/** Tensors that the forward pass of a group saves for the backward pass, besides its inputs. */
export type LshForward = RoundOutput & {
  /** int32 `[numHashes, rows]`, from `sort`. */
  readonly order: tf.Tensor2D;
  /** `lse` of each round, in sorted order: `[numHashes, rows]`. */
  readonly roundLse: tf.Tensor2D;
  /**
   * `[sequences * chunks, m, 2m]` a round: its weights where they are few, else its attendable pairs,
   * one byte per pair, from which the weights are recomputed.
   */
  readonly weightsOrPairs: tf.Tensor3D[];
};

/** Queries, values and validity of some sequences. */
export interface LshRows {
  /** `[rows, dim]` */
  readonly q: tf.Tensor2D;
  /** `[rows, valueDim]` */
  readonly v: tf.Tensor2D;
  /** int32 `[rows]`, 0 for masked tokens; `null` where there are none. */
  readonly valid: tf.Tensor1D | null;
}

/**
 * The order of a round, made to wait for `previous` unless the weights are kept, so that only one
 * round is in memory at a time.
 */
export function inTurn(
  order: tf.Tensor2D,
  previous: tf.Tensor | null,
  keepsWeights: boolean,
): tf.Tensor2D {
  return previous === null || keepsWeights ? order : runAfter(order, previous);
}

/** Rows of one group. */
function rowsOf(x: tf.Tensor2D, { begin, geometry }: LshGroup): tf.Tensor2D {
  if (x.shape[0] === geometry.rows) return x;
  return tf.slice(x, [begin, 0], [geometry.rows, x.shape[1]]);
}

function validOf(all: tf.Tensor1D | null, { begin, geometry: { rows } }: LshGroup) {
  return all === null || all.shape[0] === rows ? all : tf.slice(all, [begin], [rows]);
}

const join = (parts: tf.Tensor2D[]): tf.Tensor2D =>
  parts.length === 1 ? parts[0] : tf.concat(parts);

/** Saved tensors that all groups share: queries, values, output, lse. */
const SHARED = 4;

/**
 * Processes the sequences in groups, with a gradient. It saves a few numbers per token and the tensors
 * of {@link LshForward}.
 *
 * @param forward the five steps for the rows of a group; it runs off the tape
 * @param backward its gradient
 * @returns `[rows, valueDim]`
 */
export function inGroups(
  { q, v, valid }: LshRows,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  forward: (rows: LshRows, context: LshContext) => LshForward,
  backward: (
    rows: { q: tf.Tensor2D; v: tf.Tensor2D; dy: tf.Tensor2D },
    saved: LshForward,
    context: LshContext,
  ) => { readonly dq: tf.Tensor2D; readonly dv: tf.Tensor2D },
): tf.Tensor2D {
  const groups = groupsOf(geometry);
  const keepsWeights = areFewWeights(geometry);
  const contextOf = (group: LshGroup, waitFor: tf.Tensor | null): LshContext => ({
    settings,
    geometry: group.geometry,
    group,
    keepsWeights,
    waitFor,
  });

  const attend = tf.customGrad((...args) => {
    const [queries, values] = args as unknown as [tf.Tensor2D, tf.Tensor2D];
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    let last: tf.Tensor | null = null;
    const parts = groups.map((group) => {
      const waitFor = last;
      const part = tf.tidy(() => {
        const rows = {
          q: rowsOf(queries, group),
          v: rowsOf(values, group),
          valid: validOf(valid, group),
        };
        return forward(rows, contextOf(group, waitFor));
      });
      last = part.output;
      return part;
    });
    const output = join(parts.map((part) => part.output));
    const lse = join(parts.map((part) => part.lse));
    const ofGroups = parts.flatMap((part) => [part.order, part.roundLse, ...part.weightsOrPairs]);
    save([queries, values, output, lse, ...ofGroups]);

    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      // The gradient uses tensors saved by the forward pass, which would count as constants.
      rejectSecondOrder("lshAttention", "Use scaledDotProductAttention, whose gradient has one.");
      return tf.tidy(() => {
        const [x, y, result, sums] = saved as tf.Tensor2D[];
        const perGroup = 2 + geometry.numHashes;
        let previous: tf.Tensor | null = null;
        const gradients = groups.map((group, index) => {
          const own = saved.slice(SHARED + perGroup * index, SHARED + perGroup * (index + 1));
          const [order, roundLse] = own as tf.Tensor2D[];
          const weightsOrPairs = own.slice(2) as tf.Tensor3D[];
          const waitFor = previous;
          const part = tf.tidy(() =>
            backward(
              {
                q: rowsOf(x, group),
                v: rowsOf(y, group),
                dy: rowsOf(dy as tf.Tensor2D, group),
              },
              {
                ...{ order, roundLse, weightsOrPairs },
                output: rowsOf(result, group),
                lse: rowsOf(sums, group),
              },
              contextOf(group, waitFor),
            ),
          );
          previous = part.dq;
          return part;
        });
        return [join(gradients.map(({ dq }) => dq)), join(gradients.map(({ dv }) => dv))];
      });
    };
    return { value: output, gradFunc };
  });
  return attend(q, v);
}
