/** The input of {@link paintSlice}. */
export interface PaintedSlice {
  readonly height: number;
  readonly width: number;
  /** Grey values; one picture pixel covers `factor` slice pixels along each axis. */
  readonly grey: ArrayLike<number>;
  readonly greyWidth: number;
  readonly factor: number;
  /** The displayed brightness of each grey value, 0 to 255. */
  readonly shade: ArrayLike<number>;
  /** The mask to overlay; none for the scan alone. */
  readonly labels?: ArrayLike<number> | undefined;
  /** If given, paints correct pixels (1), false positives (2) and misses (3) instead of classes. */
  readonly truth?: ArrayLike<number> | undefined;
  /** Red, green and blue of each class, or of correct, false positive and missed; `null` if hidden. */
  readonly colours: readonly (readonly number[] | null)[];
  readonly opacity: number;
  readonly isOutline: boolean;
}

/**
 * Paints a scan and a mask over it into the pixels of an image.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 *
 * @param pixels red, green, blue and alpha of each pixel, row-major; overwritten
 */
export function paintSlice(pixels: Uint8ClampedArray, slice: PaintedSlice): void {
  const { height, width, grey, greyWidth, factor, shade, labels, truth } = slice;
  const { colours, opacity, isOutline } = slice;
  const kindAt = (at: number): number => {
    if (labels === undefined) return 0;
    const label = labels[at];
    if (truth === undefined) return label;
    if (label === truth[at]) return label === 0 ? 0 : 1;
    return label === 0 ? 3 : 2;
  };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const source = Math.floor(row / factor) * greyWidth + Math.floor(column / factor);
      let [r, g, b] = [shade[grey[source]], shade[grey[source]], shade[grey[source]]];
      const kind = kindAt(at);
      const colour = kind > 0 ? colours[kind - 1] : null;
      if (colour !== null && colour !== undefined) {
        const isEdge =
          row === 0 ||
          column === 0 ||
          row === height - 1 ||
          column === width - 1 ||
          kindAt(at - 1) !== kind ||
          kindAt(at + 1) !== kind ||
          kindAt(at - width) !== kind ||
          kindAt(at + width) !== kind;
        const alpha = isEdge ? Math.min(1, opacity + 0.4) : isOutline ? 0 : opacity;
        r += (colour[0] - r) * alpha;
        g += (colour[1] - g) * alpha;
        b += (colour[2] - b) * alpha;
      }
      pixels[4 * at] = r;
      pixels[4 * at + 1] = g;
      pixels[4 * at + 2] = b;
      pixels[4 * at + 3] = 255;
    }
  }
}
