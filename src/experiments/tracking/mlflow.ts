import * as z from "zod";
import { askAgain } from "../services/askAgain";
import { requestJson } from "../services/requestJson";
import type { Service } from "../services/requestJson";
import { epochValues } from "./Tracker";
import type { TrackedRun, Tracker } from "./Tracker";
import type { TrainingEvent } from "../training/events";

/** Options of {@link mlflowTracker}. */
export interface MlflowOptions extends TrackedRun {
  /** Address of the tracking server. */
  readonly url: string;
  /** The experiment of the run, created if it does not exist; default `layerbook`. */
  readonly experiment?: string;
  /**
   * How long, in seconds, to retry if the server does not answer, at the beginning of the training (default 0: fail
   * immediately) and at the end (default 60).
   */
  readonly retrySeconds?: { readonly begin?: number; readonly end?: number };
}

/** MLflow's limits per request, and for the length of a parameter. */
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;
const MAX_PARAM_LENGTH = 500;
/** How many runs of one folder are searched; there are several if it was removed and trained in again. */
const MAX_RUNS = 20;
/** The tag by which the run of a resumed training is found. */
const FOLDER_TAG = "layerbook.folder";

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

const experimentSchema = z.object({ experiment_id: z.string() });
const experimentsSchema = z.object({ experiments: z.array(experimentSchema).optional() });
const entriesSchema = z.array(z.object({ key: z.string(), value: z.unknown() })).optional();
const runSchema = z.object({
  info: z.object({ run_id: z.string(), status: z.string() }),
  data: z.object({
    params: entriesSchema,
    metrics: z.array(z.object({ step: z.coerce.number().default(0) })).optional(),
  }),
});
const runsSchema = z.object({ runs: z.array(runSchema).optional() });

/** The run on the server that a training is logged to. */
interface OpenRun {
  readonly id: string;
  /** The last step that the server has numbers for; 0 for none. */
  readonly loggedStep: number;
}

/**
 * Logs a training to an MLflow tracking server through its REST API: settings as parameters, each epoch's
 * numbers and the scores as metrics. A resumed training continues its run.
 *
 * If the server does not answer at the beginning, the training fails at once. If it becomes unavailable
 * later, the training continues with a warning on stderr; numbers are kept and sent with those of the next
 * epoch, or at the end if the server is back within a minute. Epochs that the server missed before a stop
 * are sent when the training is resumed.
 *
 * @see MLflow REST API 2.0
 */
export function mlflowTracker(options: MlflowOptions): Tracker {
  const { url, experiment = "layerbook", retrySeconds = {} } = options;
  const { begin: beginSeconds = 0, end: endSeconds = 60 } = retrySeconds;
  const ask = asker(url);
  let run: string | null = null;
  /** How the training ended, until it is sent to the server. */
  let ending: Ending | null = null;
  let step = 0;
  let pending: Metric[] = [];
  let isWarned = false;

  const send = async (): Promise<void> => {
    while (run !== null && pending.length > 0) {
      const metrics = pending.slice(0, MAX_METRICS);
      await ask(z.unknown(), "runs/log-batch", { run_id: run, metrics });
      pending = pending.slice(metrics.length);
    }
  };
  const add = (values: Readonly<Record<string, number>>, at = step): void => {
    const timestamp = Date.now();
    for (const [key, value] of Object.entries(values)) {
      if (Number.isFinite(value)) pending.push({ key, value, timestamp, step: at });
    }
  };
  /** Does work whose failure must not stop the training. */
  const attempt = async (work: () => Promise<unknown>, consequence: string): Promise<void> => {
    try {
      await work();
      isWarned = false;
    } catch (error) {
      if (isWarned) return;
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${reason}. ${consequence}\n`);
      isWarned = true;
    }
  };
  const sendOrKeep = (): Promise<void> =>
    attempt(send, "Training continues; the numbers are sent with those of the next epoch");
  const settle = async (): Promise<void> => {
    await send();
    if (ending === null) return;
    await ask(z.unknown(), "runs/update", { run_id: run, status: ending, end_time: Date.now() });
    ending = null;
  };
  const finish = async (status: Ending): Promise<void> => {
    // Warn again, even if the server's absence was reported before, since these numbers are lost for good.
    isWarned = false;
    ending = status;
    // A stopped training does not wait for the server; missing numbers are sent when it is resumed.
    const seconds = status === "KILLED" ? 0 : endSeconds;
    await attempt(() => askAgain(seconds, settle), "The end of this training was not logged");
  };
  const open = async (event: Extract<TrainingEvent, { type: "begin" }>): Promise<void> => {
    const { resumedAtStep, records, settings, model } = event.plan;
    const params = paramsOf({ ...(options.settings ?? settings), model });
    const found = await openRun(ask, await experimentId(ask, experiment), {
      ...{ ...options, params, isResumed: resumedAtStep > 0 },
    });
    for (let start = 0; start < params.length; start += MAX_PARAMS) {
      const some = params.slice(start, start + MAX_PARAMS);
      await ask(z.unknown(), "runs/log-batch", { run_id: found.id, params: some });
    }
    run = found.id;
    step = resumedAtStep;
    const missed = records.filter((record) => record.step > found.loggedStep);
    for (const record of missed) add(epochValues(record), record.step);
  };

  return {
    async callback(event) {
      switch (event.type) {
        case "begin":
          return askAgain(beginSeconds, () => open(event));
        case "batch":
          step = event.step;
          return;
        case "epoch":
          add(epochValues(event.record));
          return sendOrKeep();
        case "end":
          return finish(event.result.ended === "interrupted" ? "KILLED" : "FINISHED");
        case "error":
          return run === null ? undefined : finish("FAILED");
        case "compiling":
        case "compiled":
        case "checkpoint":
          return;
      }
    },
    async scores(values) {
      add(Object.fromEntries(Object.entries(values).map(([key, value]) => [`test/${key}`, value])));
      const seconds = ending === null ? endSeconds : 0;
      await attempt(() => askAgain(seconds, settle), "The scores were not logged");
    },
  };
}

/**
 * Checks that a tracking server answers.
 *
 * @throws ConfigError for an invalid address; SetupError if the server does not answer
 */
export async function expectMlflow(url: string): Promise<void> {
  await asker(url)(experimentsSchema, "experiments/search", { max_results: 1 });
}

function asker(url: string): Ask {
  const remedy = "Start it with `mlflow server`, and give its address with --mlflow";
  const service: Service = { name: "MLflow", url, remedy };
  return (schema, path, body) =>
    requestJson(service, schema, `/api/2.0/mlflow/${path}`, "POST", body);
}

type Ending = "FINISHED" | "KILLED" | "FAILED";

type Ask = <S extends z.ZodType>(schema: S, path: string, body: object) => Promise<z.output<S>>;

interface Param {
  readonly key: string;
  readonly value: string;
}

function paramsOf(settings: Readonly<Record<string, string>>): Param[] {
  return Object.entries(settings).map(([key, value]) => ({
    key,
    value: value.slice(0, MAX_PARAM_LENGTH),
  }));
}

async function experimentId(ask: Ask, name: string): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    const filter = `name = '${name.replaceAll("'", "")}'`;
    const found = await ask(experimentsSchema, "experiments/search", { max_results: 1, filter });
    return found.experiments?.[0]?.experiment_id;
  };
  const before = await find();
  if (before !== undefined) return before;
  try {
    return (await ask(experimentSchema, "experiments/create", { name })).experiment_id;
  } catch (error) {
    // Another training may have created it in the meantime.
    const made = await find();
    if (made === undefined) throw error;
    return made;
  }
}

interface WantedRun extends TrackedRun {
  readonly params: readonly Param[];
  /** Whether the training is resumed from a checkpoint. */
  readonly isResumed: boolean;
}

/**
 * Opens the run of a folder: the existing one if its training is resumed, otherwise a new one. A folder
 * that was removed and trained in again gets a new run.
 */
async function openRun(
  ask: Ask,
  experiment: string,
  { name, folder, params, isResumed }: WantedRun,
): Promise<OpenRun> {
  const place = folder.replaceAll("'", "");
  const { runs = [] } = await ask(runsSchema, "runs/search", {
    experiment_ids: [experiment],
    filter: `tags.\`${FOLDER_TAG}\` = '${place}'`,
    order_by: ["attributes.start_time DESC"],
    max_results: MAX_RUNS,
  });
  const wanted = new Map(params.map(({ key, value }) => [key, value]));
  const before = runs.find(({ info, data: { params: logged = [], metrics = [] } }) => {
    const isSame = logged.every(({ key, value }) => (wanted.get(key) ?? value) === value);
    // Without a checkpoint, existing numbers are from a training that was removed.
    return isSame && (isResumed || (metrics.length === 0 && info.status !== "FINISHED"));
  });
  if (before !== undefined) {
    const { run_id } = before.info;
    await ask(z.unknown(), "runs/update", { run_id, status: "RUNNING" });
    const steps = (before.data.metrics ?? []).map(({ step }) => step);
    return { id: run_id, loggedStep: Math.max(0, ...steps) };
  }
  const created = await ask(z.object({ run: runSchema }), "runs/create", {
    experiment_id: experiment,
    run_name: name,
    start_time: Date.now(),
    tags: [{ key: FOLDER_TAG, value: place }],
  });
  return { id: created.run.info.run_id, loggedStep: 0 };
}
