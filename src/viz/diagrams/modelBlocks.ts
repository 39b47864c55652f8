/** The fields of a layers model's symbolic tensor that describe the graph. */
export interface SymbolicLike {
  readonly shape: readonly (number | null)[];
  readonly sourceLayer: {
    readonly name: string;
    getClassName(): string;
    countParams(): number;
  };
  readonly nodeIndex: number;
  readonly inputs: readonly SymbolicLike[];
}

/** A run of layers, each feeding only the next, at one resolution. */
export interface ModelBlock {
  /** Class names in order, with their counts: `["Conv2D", 2]`. */
  readonly layers: [type: string, count: number][];
  readonly names: string[];
  /** The last layer's output shape, including the batch. */
  shape: readonly (number | null)[];
  parameters: number;
  /** Indices of the blocks that this one reads. */
  readonly inputs: readonly number[];
}

const keyOf = ({ sourceLayer, nodeIndex }: SymbolicLike): string =>
  `${sourceLayer.name}/${nodeIndex}`;

/** The spatial size of a shape, which identifies a resolution. */
export function resolutionOf(shape: readonly (number | null)[]): string {
  return shape.slice(1, -1).join("×");
}

/** Every layer call that the outputs depend on, inputs first. */
function callsOf(outputs: readonly SymbolicLike[]): SymbolicLike[] {
  const calls = new Map<string, SymbolicLike>();
  const waiting = [...outputs].reverse().map((tensor) => ({ tensor, isReady: false }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { tensor, isReady } = next;
    const key = keyOf(tensor);
    if (calls.has(key)) continue;
    if (isReady) calls.set(key, tensor);
    else {
      waiting.push({ tensor, isReady: true });
      for (const input of [...tensor.inputs].reverse()) {
        waiting.push({ tensor: input, isReady: false });
      }
    }
  }
  return [...calls.values()];
}

/**
 * A model's graph in blocks, so that a network of hundreds of layers fits in a picture. A layer that
 * is called twice appears in two blocks; its parameters count in the first.
 */
export function modelBlocks(outputs: readonly SymbolicLike[]): ModelBlock[] {
  const calls = callsOf(outputs);
  const readers = new Map<string, number>();
  for (const { inputs } of calls) {
    for (const key of new Set(inputs.map(keyOf))) readers.set(key, (readers.get(key) ?? 0) + 1);
  }
  // An output also ends a block: it is read by the model's caller.
  for (const output of outputs) readers.set(keyOf(output), 2);
  const blocks: ModelBlock[] = [];
  const blockOf = new Map<string, number>();
  const counted = new Set<string>();
  for (const call of calls) {
    const { sourceLayer, inputs, shape } = call;
    const type = sourceLayer.getClassName();
    const parameters = counted.has(sourceLayer.name) ? 0 : sourceLayer.countParams();
    counted.add(sourceLayer.name);
    const sources = [...new Set(inputs.map(keyOf))];
    const only = sources.length === 1 ? blockOf.get(sources[0]) : undefined;
    const before = only === undefined ? undefined : blocks[only];
    const isContinued =
      before !== undefined &&
      readers.get(sources[0]) === 1 &&
      resolutionOf(before.shape) === resolutionOf(shape) &&
      before.shape.length === shape.length;
    if (isContinued && only !== undefined) {
      const last = before.layers.at(-1);
      if (last?.[0] === type) last[1] += 1;
      else before.layers.push([type, 1]);
      before.names.push(sourceLayer.name);
      before.shape = shape;
      before.parameters += parameters;
      blockOf.set(keyOf(call), only);
      continue;
    }
    blockOf.set(keyOf(call), blocks.length);
    blocks.push({
      layers: [[type, 1]],
      names: [sourceLayer.name],
      shape,
      parameters,
      inputs: [...new Set(sources.map((key) => blockOf.get(key) ?? 0))],
    });
  }
  return blocks;
}
