import * as tf from "@tensorflow/tfjs";

/** How an image is split into windows. */
export interface WindowPlan {
  /** Size of the padded image. */
  readonly size: readonly [number, number];
  readonly window: readonly [number, number];
  /** 0 along an axis that is one window. */
  readonly shift: readonly [number, number];
  /** Windows per image. */
  readonly windows: number;
  /** Pixels per window. */
  readonly tokens: number;
}

/** The plan for an image of a size. */
export function windowPlan(
  [height, width]: readonly [number, number],
  window: readonly [number, number],
  shift: readonly [number, number],
): WindowPlan {
  const padded = (size: number, axis: 0 | 1): number =>
    Math.ceil(size / window[axis]) * window[axis];
  const size = [padded(height, 0), padded(width, 1)] as const;
  const effective = (axis: 0 | 1): number => (window[axis] >= size[axis] ? 0 : shift[axis]);
  return {
    size,
    window,
    shift: [effective(0), effective(1)],
    windows: (size[0] / window[0]) * (size[1] / window[1]),
    tokens: window[0] * window[1],
  };
}

/** One row per pair of tokens, with a one at the offset of the two: `[tokens², offsets]`. */
export function positionPairs([rows, columns]: readonly [number, number]): tf.Tensor2D {
  const tokens = rows * columns;
  const offsets = (2 * rows - 1) * (2 * columns - 1);
  const values = new Float32Array(tokens * tokens * offsets);
  for (let query = 0; query < tokens; query++) {
    for (let key = 0; key < tokens; key++) {
      const down = Math.floor(query / columns) - Math.floor(key / columns) + rows - 1;
      const right = (query % columns) - (key % columns) + columns - 1;
      values[(query * tokens + key) * offsets + down * (2 * columns - 1) + right] = 1;
    }
  }
  return tf.tensor2d(values, [tokens * tokens, offsets]);
}

/** Far below any logit, as in Swin. */
const MASKED = -100;

/**
 * Which region of an axis a position is in: before the last window, the unwrapped part of the last
 * window, or the wrapped part.
 */
function region(place: number, size: number, window: number, shift: number): number {
  if (shift === 0 || place < size - window) return 0;
  return place < size - shift ? 1 : 2;
}

/**
 * The mask that stops pixels of opposite sides from attending to each other, `[windows, tokens,
 * tokens]`; `null` without a shift.
 */
export function shiftMask({
  size,
  window,
  shift,
  windows,
  tokens,
}: WindowPlan): tf.Tensor3D | null {
  if (shift[0] === 0 && shift[1] === 0) return null;
  const perRow = size[1] / window[1];
  const regions = Array.from({ length: windows }, (_, index) => {
    const [top, left] = [Math.floor(index / perRow) * window[0], (index % perRow) * window[1]];
    return Array.from({ length: tokens }, (_, token) => {
      const down = region(top + Math.floor(token / window[1]), size[0], window[0], shift[0]);
      const right = region(left + (token % window[1]), size[1], window[1], shift[1]);
      return 3 * down + right;
    });
  });
  const values = regions.flatMap((own) =>
    own.flatMap((query) => own.map((key) => (query === key ? 0 : MASKED))),
  );
  return tf.tensor3d(Float32Array.from(values), [windows, tokens, tokens]);
}
