import * as tf from "@tensorflow/tfjs";
import { summarizeModel } from "../../models/modelSummary";
import { buildModel } from "../training/buildModel";
import { inputSize } from "../training/patchModel";
import type { Job } from "./job";
import { studySteps } from "./studySteps";

/** The cost of a forward and a backward pass, in forward passes. */
const PASSES_PER_STEP = 3;
/** Seconds for a job's process to start, read the data and record its step. */
const SECONDS_PER_JOB = 8;
/** Duration of the measurement of the machine's speed. */
const PROBE_MS = 400;

/** The cost of one optimizer step of a job, in 10^9 operations. Each model is built only once. */
export function stepCosts(numClasses: number): (job: Job) => number {
  const known = new Map<string, number>();
  return ({ model, config }) => {
    const key = JSON.stringify([model, inputSize(config), config.model]);
    const before = known.get(key);
    const perSlice = before ?? forwardCost(model, config, numClasses);
    known.set(key, perSlice);
    return PASSES_PER_STEP * config.batchSize * perSlice;
  };
}

/**
 * Estimates the seconds that jobs take on this machine: their operations divided by the measured speed
 * of a 3 × 3 convolution.
 */
export function estimateSeconds(jobs: readonly Job[], stepCost: (job: Job) => number): number {
  const steps = studySteps(jobs);
  const gigaOperations = jobs.reduce(
    (sum, job) => sum + (steps.get(job.id) ?? 0) * stepCost(job),
    0,
  );
  return SECONDS_PER_JOB * jobs.length + gigaOperations / gigaOperationsPerSecond();
}

function forwardCost(model: string, config: Job["config"], numClasses: number): number {
  const built = buildModel(model, config, numClasses);
  try {
    return summarizeModel(built).gigaOperations;
  } finally {
    built.dispose();
  }
}

function gigaOperationsPerSecond(): number {
  const [size, channels] = [96, 32];
  return tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([4, size, size, channels]);
    const kernel = tf.zeros<tf.Rank.R4>([3, 3, channels, channels]);
    const run = (): void => {
      tf.conv2d(images, kernel, 1, "same").dataSync();
    };
    run();
    let runs = 0;
    const start = performance.now();
    while (performance.now() - start < PROBE_MS) {
      run();
      runs++;
    }
    const seconds = (performance.now() - start) / 1000;
    return (runs * 2 * 4 * size * size * 9 * channels * channels) / 1e9 / seconds;
  });
}
