import type { MimeBundle } from "./host";
import { escapeHtml, formatNumber } from "./html";
import { encodePng } from "./png";

/** A tfjs tensor, from any copy of tfjs. */
interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  readonly rankType: unknown;
  dataSync(): ArrayLike<number | string>;
}

/** The minimum and maximum width and height of a picture. */
const MIN_SIDE = 8;
const MAX_SIDE = 1024;
/** How many values are listed in the text. */
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

/** How a tensor is laid out as pictures. */
interface PictureShape {
  /** Pictures side by side: the start of the batch. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** The maximum number of pictures of a batch. */
const MAX_PICTURES = 8;

/**
 * Interprets a shape as pictures: `[h, w]`, `[h, w, 1]`, `[h, w, 3]`, or a batch of the last two;
 * also `[1, h, w]`. `null` for any other shape.
 */
function pictureShape(shape: readonly number[]): PictureShape | null {
  const fits = (side: number | undefined): boolean =>
    side !== undefined && side >= MIN_SIDE && side <= MAX_SIDE;
  const take = (
    count: number,
    height: number,
    width: number,
    channels: number,
  ): PictureShape | null =>
    fits(height) && fits(width) && (channels === 1 || channels === 3) && count > 0
      ? { count: Math.min(count, MAX_PICTURES), height, width, channels }
      : null;
  const [a, b, c, d] = shape;
  if (shape.length === 2) return take(1, a, b, 1);
  if (shape.length === 3) return take(1, a, b, c) ?? (a === 1 ? take(1, b, c, 1) : null);
  return shape.length === 4 ? take(a, b, c, d) : null;
}

/** Values scaled to bytes; pictures are side by side with a gap of one column. */
function pixelsOf(
  values: ArrayLike<number>,
  { min, max }: Statistics,
  shape: PictureShape,
): { readonly pixels: Uint8Array; readonly height: number; readonly width: number } {
  const { count, height, width, channels } = shape;
  const scale = max > min ? 255 / (max - min) : 0;
  const total = count * (width + 1) - 1;
  const pixels = new Uint8Array(height * total * channels).fill(255);
  for (let item = 0; item < count; item++) {
    for (let row = 0; row < height; row++) {
      for (let i = 0; i < width * channels; i++) {
        const value = values[(item * height + row) * width * channels + i];
        const at = (row * total + item * (width + 1)) * channels + i;
        pixels[at] = Number.isFinite(value) ? Math.round((value - min) * scale) : 0;
      }
    }
  }
  return { pixels, height, width: total };
}

/**
 * A tensor as a bundle: its shape and type, the distribution of its values, the first of them, and a
 * picture if its shape allows one.
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
  const pictures = values.length === 0 ? null : pictureShape(shape);
  const drawn = pictures === null ? null : pixelsOf(numbers, found, pictures);
  const picture =
    drawn === null || pictures === null
      ? null
      : encodePng(drawn.pixels, drawn.width, drawn.height, pictures.channels);
  const note =
    pictures !== null && (shape[0] ?? 0) > pictures.count && shape.length === 4
      ? `, first ${pictures.count} of ${shape[0]} shown`
      : "";
  const image =
    picture === null || drawn === null
      ? ""
      : `<img alt="${escapeHtml(what + note)}" style="image-rendering:pixelated;margin-top:6px;width:${Math.max(drawn.width, Math.min(256, drawn.width * 8))}px;max-width:100%" src="data:image/png;base64,${picture}">`;
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif"><strong>${escapeHtml(what)}</strong>${note}<div style="opacity:.75;font-variant-numeric:tabular-nums">${rows.map(([name, value]) => `${name} ${escapeHtml(value)}`).join(" · ")}</div><code style="display:block;margin-top:2px">${escapeHtml(list)}</code>${image}</div>`,
    ...(picture === null ? {} : { "image/png": picture }),
    "text/plain": text,
  };
}
