import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { asWriteError } from "../../files/systemErrors";
import { makeFolder } from "../../files/writeWhole";
import { encodeEvent } from "./eventFile";
import type { LoggedEvent, Scalar } from "./eventFile";
import { epochValues } from "./Tracker";
import type { TrackedRun, Tracker } from "./Tracker";

/**
 * Writes a training's curves for TensorBoard: the loss and the learning rate of each step, each
 * epoch's numbers, and the scores. A training that goes on after a stop continues its curves; what
 * was logged after its checkpoint is drawn once.
 *
 * @param logs TensorBoard's `--logdir`; the run gets a folder in it
 */
export function tensorboardTracker(logs: string, { name }: TrackedRun): Tracker {
  const folder = join(logs, name);
  const started = (Date.now() / 1000).toFixed(6);
  const path = join(folder, `events.out.tfevents.${started}.${hostname()}.${process.pid}`);
  let pending: Uint8Array[] = [];
  let step = 0;
  const log = (event: Omit<LoggedEvent, "wallTime" | "step">, at = step): void => {
    pending.push(encodeEvent({ ...event, wallTime: Date.now() / 1000, step: at }));
  };
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pending);
    pending = [];
    try {
      await makeFolder(folder);
      await appendFile(path, bytes);
    } catch (cause) {
      throw asWriteError(path, cause);
    }
  };
  return {
    async callback(event) {
      switch (event.type) {
        case "begin":
          step = event.plan.resumedAtStep;
          log({ isVersion: true }, 0);
          log({ isStart: true }, step + 1);
          return flush();
        case "batch":
          step = event.step;
          return log({ scalars: toScalars("batch", event, ["loss", "learningRate"]) });
        case "epoch": {
          const values = epochValues(event.record);
          log({ scalars: toScalars("epoch", values, Object.keys(values)) });
          return flush();
        }
        case "end":
        case "error":
          return flush();
        case "compiling":
        case "compiled":
        case "checkpoint":
          return;
      }
    },
    async scores(values) {
      log({ scalars: toScalars("test", values, Object.keys(values)) });
      await flush();
    },
  };
}

function toScalars<K extends string>(
  prefix: string,
  values: Readonly<Record<K, number>>,
  names: readonly K[],
): Scalar[] {
  return names
    .map((name) => ({ tag: `${prefix}/${name}`, value: values[name] }))
    .filter(({ value }) => Number.isFinite(value));
}
