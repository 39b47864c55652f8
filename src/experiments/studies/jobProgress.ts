import { join } from "node:path";
import * as z from "zod";
import { writeJsonWhole } from "../../files/writeWhole";
import { readRecord } from "../storage/readRecord";
import { anyNumber } from "../training/checkpoint";
import type { TrainingCallback } from "../training/events";

const PROGRESS_FILE = "progress.json";
/** The minimum time between two writes. */
const EVERY_MS = 2000;

const progressSchema = z.strictObject({
  step: z.int(),
  epoch: z.int(),
  loss: anyNumber,
  /** Peak memory of the process so far. */
  peakBytes: z.number(),
});

/** The progress of a running job, for processes that watch it. */
export type JobProgress = z.infer<typeof progressSchema>;

/** Writes a job's progress into its folder while it trains. */
export function progressWriter(folder: string, now: () => number = Date.now): TrainingCallback {
  let writtenAt = -Infinity;
  // The members of an ensemble are trained one after another.
  let [stepsBefore, trainingSteps] = [0, 0];
  return async (event) => {
    if (event.type === "begin") {
      stepsBefore += trainingSteps;
      trainingSteps = event.plan.totalSteps;
    }
    if (event.type !== "batch" || now() - writtenAt < EVERY_MS) return;
    writtenAt = now();
    const { step, epoch, loss } = event;
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    const progress: JobProgress = { step: stepsBefore + step, epoch, loss, peakBytes };
    await writeJsonWhole(join(folder, PROGRESS_FILE), progress);
  };
}

/** @returns `null` if the job has not started training or the file, which is only informative, cannot be read */
export function readProgress(folder: string): Promise<JobProgress | null> {
  return readRecord(join(folder, PROGRESS_FILE), progressSchema, {
    expected: "a job's progress",
    remedy: "Remove the file.",
  }).catch(() => null);
}
