/** A batch in memory. */
export interface ArrayBatch {
  /** Values of `[b, ...space, channels]`. */
  readonly inputs: Float32Array;
  readonly inputShape: readonly number[];
  /** Class indices of `[b, ...space]`, or `[b]` where each example has one. */
  readonly labels: Int32Array;
  readonly labelShape: readonly number[];
  /** One name per example, for messages. */
  readonly ids: readonly string[];
}

/** Shapes of a batch, the batch axis first. */
export type BatchShape = Pick<ArrayBatch, "inputShape" | "labelShape">;

/** Where the batches of a training or a validation come from. */
export interface Source {
  readonly stepsPerEpoch: number;
  /** The batch shapes that will come, where they are known beforehand; all other axes are equal. */
  readonly shapes: readonly BatchShape[];
  /** What must be the same for a training to be continued. */
  readonly fingerprint: string;
  /** The batches of one epoch, counted from 0: the same for the same epoch. */
  readonly batches: (epoch: number) => Iterable<ArrayBatch> | AsyncIterable<ArrayBatch>;
}

/** How the examples of a source become batches. */
export interface BatchingOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** A last batch that is not full: trained on, or left for the next epoch's order. */
  readonly lastBatch: "keep" | "drop";
  /** False keeps the examples in order. */
  readonly shuffle: boolean;
}

/** Sizes of an epoch's batches over `count` examples. */
export interface EpochSizes {
  /** At least one, however few examples there are. */
  readonly steps: number;
  /** Different batch sizes: a full one, and a last one where it is not full. */
  readonly sizes: readonly number[];
  readonly isLastDropped: boolean;
}

/** How `count` examples are cut into batches. */
export function epochSizes(
  count: number,
  { batchSize, lastBatch }: Pick<BatchingOptions, "batchSize" | "lastBatch">,
): EpochSizes {
  const isLastDropped = lastBatch === "drop" && count >= batchSize;
  const steps = isLastDropped ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  const last = Math.min(batchSize, count - batchSize * (steps - 1));
  return { steps, sizes: [...new Set([Math.min(batchSize, count), last])], isLastDropped };
}
