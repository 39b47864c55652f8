import type { MimeBundle } from "./host";
import { escapeHtml, formatNumber } from "./html";
import { encodeGreyPng } from "./greyPng";

/** A tfjs tensor, whichever copy of tfjs it is from. */
interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  readonly rankType: unknown;
  dataSync(): ArrayLike<number | string>;
}

/** A picture is at least this wide and high, and at most that. */
const LEAST_SIDE = 8;
const MOST_SIDE = 1024;
/** How many values stand in the text. */
const SHOWN_VALUES = 8;

/** Whether a value is a tensor. */
export function isTensor(value: object): value is TensorLike {
  return (
    "dataSync" in value &&
    typeof value.dataSync === "function" &&
    "shape" in value &&
    Array.isArray(value.shape) &&
    "dtype" in value &&
    "rankType" in value
  );
}

interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly nonFinite: number;
}

function statistics(values: ArrayLike<number>): Statistics {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let finite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const none = finite === 0;
  return {
    min: none ? NaN : min,
    max: none ? NaN : max,
    mean: none ? NaN : sum / finite,
    nonFinite: values.length - finite,
  };
}

/** Height and width where a shape is that of one grey picture. */
function pictureSize(shape: readonly number[]): readonly [number, number] | null {
  const inner = shape.filter((size, axis) => {
    const isBatchOrChannel =
      axis === shape.length - 1 ? shape.length > 2 : axis === 0 && shape.length > 2;
    return !(isBatchOrChannel && size === 1);
  });
  const [height, width] = inner;
  if (inner.length !== 2 || height === undefined || width === undefined) return null;
  const fits = (side: number): boolean => side >= LEAST_SIDE && side <= MOST_SIDE;
  return fits(height) && fits(width) ? [height, width] : null;
}

function greyPixels(values: ArrayLike<number>, { min, max }: Statistics): Uint8Array {
  const scale = max > min ? 255 / (max - min) : 0;
  return Uint8Array.from(values, (value) =>
    Number.isFinite(value) ? Math.round((value - min) * scale) : 0,
  );
}

/**
 * A tensor as a reader wants to see it: what it is, how its values lie, the first of them, and a
 * picture where it is one.
 */
export function tensorBundle(tensor: TensorLike): MimeBundle {
  const { shape, dtype } = tensor;
  const what = `Tensor ${dtype} [${shape.join(", ")}]`;
  if (tensor.isDisposed) return { "text/plain": `${what}, disposed` };
  const values = tensor.dataSync();
  const first = Array.from(values).slice(0, SHOWN_VALUES);
  const more = values.length > SHOWN_VALUES ? ", …" : "";
  const list = `${first.map((value) => (typeof value === "number" ? formatNumber(value) : JSON.stringify(value))).join(", ")}${more}`;
  if (dtype === "string" || dtype === "complex64") {
    return { "text/plain": `${what}\nvalues ${list}` };
  }
  const numbers = values as ArrayLike<number>;
  const found = statistics(numbers);
  const rows: [string, string][] = [
    ["min", formatNumber(found.min)],
    ["max", formatNumber(found.max)],
    ["mean", formatNumber(found.mean)],
    ...(found.nonFinite > 0 ? [["not finite", String(found.nonFinite)] as [string, string]] : []),
  ];
  const text = `${what}\n${rows.map(([name, value]) => `${name} ${value}`).join(", ")}\nvalues ${list}`;
  const size = pictureSize(shape);
  const picture =
    size === null || values.length === 0
      ? null
      : encodeGreyPng(greyPixels(numbers, found), size[1], size[0]);
  const image =
    picture === null || size === null
      ? ""
      : `<img alt="${escapeHtml(what)}" style="image-rendering:pixelated;margin-top:6px;width:${Math.max(size[1], Math.min(256, size[1] * 8))}px;max-width:100%" src="data:image/png;base64,${picture}">`;
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif"><strong>${escapeHtml(what)}</strong><div style="opacity:.75;font-variant-numeric:tabular-nums">${rows.map(([name, value]) => `${name} ${escapeHtml(value)}`).join(" · ")}</div><code style="display:block;margin-top:2px">${escapeHtml(list)}</code>${image}</div>`,
    ...(picture === null ? {} : { "image/png": picture }),
    "text/plain": text,
  };
}
