import { createHash } from "node:crypto";
import { appendFile, readFile, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { asWriteError } from "../../files/systemErrors";
import { makeFolder } from "../../files/writeWhole";
import { encodeEvent } from "./eventFile";
import type { LoggedEvent, Scalar } from "./eventFile";
import { epochValues } from "./Tracker";
import type { TrackedRun, Tracker } from "./Tracker";

/**
 * Writes a training's curves for TensorBoard: the loss and learning rate of each step, each epoch's numbers,
 * and the scores. A resumed training continues its curves; steps after its checkpoint are not drawn twice.
 *
 * @param logs TensorBoard's `--logdir`. The run gets a subfolder with its name, or a suffix is added
 *   if another run has that name
 */
export function tensorboardTracker(logs: string, run: TrackedRun): Tracker {
  let path: string | null = null;
  let pending: Uint8Array[] = [];
  let step = 0;
  const log = (event: Omit<LoggedEvent, "wallTime" | "step">, at = step): void => {
    pending.push(encodeEvent({ ...event, wallTime: Date.now() / 1000, step: at }));
  };
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pending);
    pending = [];
    try {
      path ??= await newEventFile(await claimFolder(logs, run));
      await appendFile(path, bytes);
    } catch (cause) {
      throw asWriteError(path ?? logs, cause);
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

/**
 * The path of a new event file. TensorBoard reads a folder's files in the order of their names, which begin with
 * the time; the new file must be last, even if the clock was set back.
 */
async function newEventFile(folder: string): Promise<string> {
  const times = (await readdir(folder)).map((name) => Number(EVENT_FILE.exec(name)?.[1] ?? 0));
  const now = Math.floor(Date.now() / 1000);
  const time = String(Math.max(now, ...times.map((each) => Math.floor(each) + 1))).padStart(
    10,
    "0",
  );
  return join(folder, `events.out.tfevents.${time}.${hostname()}.${process.pid}`);
}

const EVENT_FILE = /^events\.out\.tfevents\.(\d+(?:\.\d+)?)\./;

/** A file in a folder of curves, with the path of the run's folder. */
const OWNER_FILE = "run-folder.txt";

/**
 * Chooses the folder for a run's curves. Two runs may have the same name (`unet-none-fold1` of two studies),
 * and TensorBoard would draw them as one.
 */
async function claimFolder(logs: string, run: TrackedRun): Promise<string> {
  const owner = resolve(run.folder);
  const suffix = createHash("sha256").update(owner).digest("hex").slice(0, 8);
  const [own, other] = [join(logs, run.name), join(logs, `${run.name}-${suffix}`)];
  await makeFolder(own);
  const path = join(own, OWNER_FILE);
  const isOwn = await writeFile(path, owner, { flag: "wx" }).then(
    () => true,
    async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      return (await readFile(path, "utf8")) === owner;
    },
  );
  if (isOwn) return own;
  await makeFolder(other);
  return other;
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
