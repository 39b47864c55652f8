import { readFile } from "node:fs/promises";
import * as z from "zod";
import { DataError } from "../../core/errors";
import { parseJson, stringifyJson } from "../../core/json";
import {
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from "../../core/weights/safetensors";
import { bytesSource } from "../../core/weights/WeightTensor";
import type { WeightMap, WeightTensor } from "../../core/weights/WeightTensor";
import { writeWhole } from "../../files/writeWhole";

/** The record of one epoch. */
export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** Optimizer steps since the start of the training. */
  step: number;
  /** Mean loss over the epoch's batches, while the weights changed. */
  loss: number;
  /** The validation loss after the epoch; `null` without validation samples. */
  validationLoss: number | null;
  /** Mean over foreground classes of the mean over samples that have the class; `null` if there is none. */
  validationDice: number | null;
  /** Mean over validation examples of each of `metrics`; absent if there are no metrics. */
  metrics?: Record<string, number | null> | undefined;
  /** The learning rate of the epoch's last step. */
  learningRate: number;
  seconds: number;
}

/** Any number: a loss or a metric may be NaN or infinite. */
export const anyNumber = z.custom<number>(
  (value) => typeof value === "number",
  "expected a number",
);

/** The schema of an {@link EpochRecord}. */
export const epochRecordSchema = z.strictObject({
  epoch: z.int(),
  step: z.int(),
  loss: anyNumber,
  validationLoss: anyNumber.nullable(),
  validationDice: anyNumber.nullable(),
  metrics: z.record(z.string(), anyNumber.nullable()).optional(),
  learningRate: z.number(),
  seconds: z.number(),
}) satisfies z.ZodType<EpochRecord>;

const trainingStateSchema = z.strictObject({
  /** Everything that must be equal for the training to resume. */
  fingerprint: z.record(z.string(), z.string()),
  step: z.int(),
  /** Number of complete epochs. */
  epoch: z.int(),
  /** The number of finished batches of the current epoch, and the sum of their losses. */
  batch: z.int(),
  lossSum: anyNumber,
  /** Seconds spent on the current epoch so far. */
  epochSeconds: z.number(),
  records: z.array(epochRecordSchema),
  earlyStop: z.strictObject({
    bestValue: anyNumber.nullable(),
    bestEpoch: z.int(),
    waited: z.int(),
  }),
});

/** The progress of a training, without its tensors. */
export type TrainingState = z.infer<typeof trainingStateSchema>;

/** Everything needed to resume a training exactly. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** Weights, batch statistics, random states. */
  readonly model: WeightMap;
  /** The optimizer's slots. */
  readonly optimizer: WeightMap;
  /** The model's tensors at the best epoch so far. */
  readonly best: WeightMap | null;
}

const PARTS = ["model", "optimizer", "best"] as const;

/** Writes a checkpoint atomically; see {@link writeWhole}. */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const tensors = new Map<string, WeightTensor>();
  for (const part of PARTS) {
    for (const [name, tensor] of checkpoint[part] ?? []) tensors.set(`${part}/${name}`, tensor);
  }
  const state = stringifyJson(checkpoint.state);
  await writeWhole(path, writeSafetensors(tensors, { state }));
}

/**
 * Reads a checkpoint.
 *
 * @returns `null` if there is none
 * @throws DataError if the file is not a checkpoint
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const source = bytesSource(bytes);
  const tensors = readSafetensors(path, source);
  const metadata = readSafetensorsMetadata(path, source);
  const state = parseState(path, metadata["state"]);
  const parts = Object.fromEntries(
    PARTS.map((part) => [part, new Map<string, WeightTensor>()]),
  ) as Record<(typeof PARTS)[number], Map<string, WeightTensor>>;
  for (const [name, tensor] of tensors) {
    const slash = name.indexOf("/");
    const part = PARTS.find((candidate) => candidate === name.slice(0, slash));
    if (part !== undefined) parts[part].set(name.slice(slash + 1), tensor);
  }
  return { state, ...parts, best: parts.best.size > 0 ? parts.best : null };
}

function parseState(path: string, text: string | undefined): TrainingState {
  let value: unknown;
  try {
    value = parseJson(text ?? "null");
  } catch {
    value = null;
  }
  const result = trainingStateSchema.safeParse(value);
  if (result.success) return result.data;
  throw new DataError({
    where: path,
    expected: "a checkpoint of this version",
    got: result.error.issues[0].message,
    remedy: "Remove the file and start again.",
  });
}
