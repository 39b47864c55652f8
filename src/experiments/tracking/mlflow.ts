import * as z from "zod";
import { requestJson } from "../services/requestJson";
import type { Service } from "../services/requestJson";
import { epochValues } from "./Tracker";
import type { TrackedRun, Tracker } from "./Tracker";

/** Where a training is logged. */
export interface MlflowOptions extends TrackedRun {
  /** Address of the tracking server. */
  readonly url: string;
  /** The experiment that the run belongs to; made where it is missing. Default `layerbook`. */
  readonly experiment?: string;
}

/** MLflow's own limits per request, and of a parameter's length. */
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;
const MAX_PARAM_LENGTH = 500;
/** By which a run is found again when its training goes on. */
const FOLDER_TAG = "layerbook.folder";

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

const experimentSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const runsSchema = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).optional(),
});

/**
 * Logs a training to an MLflow tracking server by its REST API: settings as parameters, each epoch's
 * numbers and the scores as metrics. A training that goes on after a stop continues its run.
 *
 * A server that does not answer at the beginning ends the training before it costs anything; one
 * that goes away later does not: numbers are kept and sent with the next epoch's, and a line on
 * stderr says so.
 *
 * @see MLflow REST API 2.0
 */
export function mlflowTracker(options: MlflowOptions): Tracker {
  const { url, name, folder, experiment = "layerbook" } = options;
  const service: Service = {
    name: "MLflow",
    url,
    remedy: "Start it with `mlflow server`, and give its address with --mlflow",
  };
  const post = (path: string, body: object): Promise<unknown> =>
    requestJson(service, `/api/2.0/mlflow/${path}`, "POST", body);
  let run: string | null = null;
  let step = 0;
  let pending: Metric[] = [];
  let isWarned = false;

  const send = async (): Promise<void> => {
    while (run !== null && pending.length > 0) {
      const metrics = pending.slice(0, MAX_METRICS);
      await post("runs/log-batch", { run_id: run, metrics });
      pending = pending.slice(metrics.length);
    }
  };
  const add = (values: Readonly<Record<string, number>>): void => {
    const timestamp = Date.now();
    for (const [key, value] of Object.entries(values)) {
      if (Number.isFinite(value)) pending.push({ key, value, timestamp, step });
    }
  };
  /** Does what may fail without harm to the training. */
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isWarned) process.stderr.write(`${error instanceof Error ? error.message : ""}\n`);
      isWarned = true;
    }
  };
  const finish = (status: "FINISHED" | "KILLED" | "FAILED"): Promise<void> =>
    attempt(async () => {
      await send();
      await post("runs/update", { run_id: run, status, end_time: Date.now() });
    });

  return {
    async callback(event) {
      switch (event.type) {
        case "begin": {
          step = event.plan.resumedAtStep;
          run = await openRun(post, await experimentId(service, post, experiment), name, folder);
          const params = Object.entries({ ...event.plan.settings, model: event.plan.model })
            .slice(0, MAX_PARAMS)
            .map(([key, value]) => ({ key, value: value.slice(0, MAX_PARAM_LENGTH) }));
          await post("runs/log-batch", { run_id: run, params });
          return;
        }
        case "batch":
          step = event.step;
          return;
        case "epoch":
          add(epochValues(event.record));
          return attempt(send);
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
      await attempt(send);
    },
  };
}

type Post = (path: string, body: object) => Promise<unknown>;

async function experimentId(service: Service, post: Post, name: string): Promise<string> {
  const found = await requestJson(service, `/api/2.0/mlflow/experiments/search`, "POST", {
    max_results: 1,
    filter: `name = '${name.replaceAll("'", "")}'`,
  });
  const { experiments = [] } = z
    .object({ experiments: z.array(experimentSchema).optional() })
    .parse(found);
  if (experiments.length > 0) return experiments[0].experiment_id;
  return experimentSchema.parse(await post("experiments/create", { name })).experiment_id;
}

/** The run of a folder: the one that its training began with, or a new one. */
async function openRun(
  post: Post,
  experiment: string,
  name: string,
  folder: string,
): Promise<string> {
  const found = runsSchema.parse(
    await post("runs/search", {
      experiment_ids: [experiment],
      filter: `tags.\`${FOLDER_TAG}\` = '${folder.replaceAll("'", "")}'`,
      max_results: 1,
    }),
  );
  const before = found.runs?.[0]?.info.run_id;
  if (before !== undefined) {
    await post("runs/update", { run_id: before, status: "RUNNING" });
    return before;
  }
  const created = await post("runs/create", {
    experiment_id: experiment,
    run_name: name,
    start_time: Date.now(),
    tags: [{ key: FOLDER_TAG, value: folder.replaceAll("'", "") }],
  });
  return runSchema.parse(created).run.info.run_id;
}
