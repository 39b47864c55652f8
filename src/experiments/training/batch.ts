/** A batch in memory. */
export interface ArrayBatch {
  /** Values of `[b, ...space, channels]`. */
  readonly inputs: Float32Array;
  readonly inputShape: readonly number[];
  /** Class indices of `[b, ...space]`, or `[b]` for one label per example. */
  readonly labels: Int32Array;
  readonly labelShape: readonly number[];
  /** One name per example, for error messages. */
  readonly ids: readonly string[];
}

/** Shapes of a batch, the batch axis first. */
export type BatchShape = Pick<ArrayBatch, "inputShape" | "labelShape">;

/** The source of the batches of a training or a validation. */
export interface Source {
  readonly stepsPerEpoch: number;
  /** The batch shapes to expect, if they are known beforehand; they differ only in the batch axis. */
  readonly shapes: readonly BatchShape[];
  /** What must be equal for a training to resume. */
  readonly fingerprint: string;
  /** The batches of an epoch, counted from 0; the same epoch always gives the same batches. */
  readonly batches: (epoch: number) => Iterable<ArrayBatch> | AsyncIterable<ArrayBatch>;
}

/** How the examples of a source become batches. */
export interface BatchingOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Whether an incomplete last batch is trained on or dropped. */
  readonly lastBatch: "keep" | "drop";
  /** False keeps the examples in order. */
  readonly shuffle: boolean;
}

/** Sizes of an epoch's batches over `count` examples. */
export interface EpochSizes {
  /** At least one, even for few examples. */
  readonly steps: number;
  /** The distinct batch sizes: a full one, and an incomplete last one. */
  readonly sizes: readonly number[];
  readonly isLastDropped: boolean;
}

/** How `count` examples are divided into batches. */
export function epochSizes(
  count: number,
  { batchSize, lastBatch }: Pick<BatchingOptions, "batchSize" | "lastBatch">,
): EpochSizes {
  const isLastDropped = lastBatch === "drop" && count >= batchSize;
  const steps = isLastDropped ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  const last = Math.min(batchSize, count - batchSize * (steps - 1));
  return { steps, sizes: [...new Set([Math.min(batchSize, count), last])], isLastDropped };
}
