type Shape = readonly (number | null)[];

/** The part of a layer that the count needs, whichever copy of tfjs it comes from. */
export interface CountedLayer {
  readonly weights: readonly { readonly shape: Shape; readonly name: string }[];
  /** A layer that counts its own work; see `CountsOperations`. */
  readonly countOperations?: (inputShape: never) => number;
  getClassName(): string;
}

/** The number of values in a shape, without the batch axis. */
export function valuesOf(shape: Shape): number {
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
}

/**
 * Floating-point operations of a layer's forward pass over one batch item; a multiplication and its
 * addition are two. layerbook's layers count their own; for tfjs' layers, the products with the kernel
 * are counted, or one operation per output value if the layer has no kernel. `summarizeModel` and the
 * model table in a notebook both use this count.
 *
 * @param inputs shapes with the batch, sizes known
 * @param output the first output's shape
 */
export function layerOperations(
  layer: CountedLayer,
  inputs: readonly Shape[],
  output: Shape,
): number {
  if (typeof layer.countOperations === "function") {
    return layer.countOperations((inputs.length === 1 ? inputs[0] : inputs) as never);
  }
  const kernel = layer.weights.find(({ name }) => /\/kernel(_\d+)?$/.test(name));
  if (kernel === undefined) return valuesOf(output);
  // A transposed convolution applies its kernel at each position of its input.
  const isTransposed = layer.getClassName().includes("Transpose");
  const filters = (isTransposed ? inputs[0] : output).at(-1) ?? 1;
  const perValue = kernel.shape.reduce<number>((n, size) => n * (size ?? 1), 1) / filters;
  return 2 * perValue * valuesOf(isTransposed ? inputs[0] : output);
}
