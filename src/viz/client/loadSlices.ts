import type { ViewerSpec } from "./ViewerSpec";

/** A slice with its pictures decoded. */
export interface LoadedSlice {
  readonly grey: Uint8ClampedArray;
  readonly greyWidth: number;
  /** One array of labels per mask. */
  readonly labels: readonly Uint8ClampedArray[];
}

/**
 * Decodes slices' pictures into numbers; the last few dozen stay in memory.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 */
export function loadSlices(spec: ViewerSpec): (index: number) => Promise<LoadedSlice> {
  const readPixels = async (source: string): Promise<{ red: Uint8ClampedArray; width: number }> => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("This browser has no canvas.");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const red = new Uint8ClampedArray(data.length / 4);
    for (let i = 0; i < red.length; i++) red[i] = data[4 * i];
    return { red, width: canvas.width };
  };
  const cache = new Map<number, Promise<LoadedSlice>>();
  return (index) => {
    const known = cache.get(index);
    if (known !== undefined) return known;
    const slice = spec.slices[index];
    const loading = Promise.all(
      [slice.scan, ...slice.masks.map(({ picture }) => picture)].map(readPixels),
    ).then(([scan, ...masks]) => ({
      grey: scan.red,
      greyWidth: scan.width,
      labels: masks.map(({ red }) => red),
    }));
    cache.set(index, loading);
    const oldest = cache.keys().next().value;
    if (cache.size > 48 && oldest !== undefined) cache.delete(oldest);
    return loading;
  };
}
