import { memberConfig } from "../storage/runs";
import { pretrainingKey } from "../training/pretraining";
import { jobSteps } from "./job";
import type { Job } from "./job";

/**
 * The number of optimizer steps that each of a study's jobs will take. A shared pre-training is counted
 * for the first job only.
 *
 * @param jobs the jobs in the order in which they run
 * @param isDone whether a job is finished, so that it is left out
 */
export function studySteps(
  jobs: readonly Pick<Job, "id" | "model" | "config" | "split">[],
  isDone: (id: string) => boolean = () => false,
): Map<string, number> {
  const made = new Set<string>();
  const done = jobs.filter(({ id }) => isDone(id));
  const steps = new Map<string, number>();
  for (const job of [...done, ...jobs.filter(({ id }) => !isDone(id))]) {
    const keys = pretrainingKeys(job);
    const shared = keys.filter((key) => made.has(key)).length;
    for (const key of keys) made.add(key);
    if (isDone(job.id)) continue;
    const whole = jobSteps(job);
    const plain = jobSteps({ ...job, config: { ...job.config, pretraining: { epochs: 0 } } });
    steps.set(job.id, whole - (shared === 0 ? 0 : (shared * (whole - plain)) / keys.length));
  }
  return steps;
}

/** One key per member of an ensemble; none without pre-training. */
function pretrainingKeys({ model, config }: Pick<Job, "model" | "config">): string[] {
  if (config.pretraining.epochs === 0) return [];
  return Array.from({ length: config.inference.ensemble }, (_, index) =>
    pretrainingKey(model, index === 0 ? config : memberConfig(config, index + 1)),
  );
}
