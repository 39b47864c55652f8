import { execFileSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { dirname, join } from "node:path";
import { loadEngine } from "../../src/engine/load";
import { presetConfig } from "../../src/experiments/config/presets";
import { fitSplit } from "../../src/experiments/training/fitSplit";
import { buildModel } from "../../src/experiments/training/buildModel";
import { mlflowTracker } from "../../src/experiments/tracking/mlflow";
import { tensorboardTracker } from "../../src/experiments/tracking/tensorboard";
import type { Tracker } from "../../src/experiments/tracking/Tracker";
import type { EpochRecord } from "../../src/experiments/training/checkpoint";
import { splitByGroup } from "../../src/data/splits";
import { discSamples } from "../experiments/support/samples";
import {
  describeWith,
  eventually,
  freePort,
  serviceProgram,
  startService,
  stopService,
} from "../support/services";
import { tempFolder } from "../support/tempFolder";

loadEngine();
const folder = tempFolder();
const samples = discSamples(6, 16);
const split = splitByGroup(samples, { seed: 1, validationFraction: 0.2 });
const config = presetConfig("smoke", {
  ...{ size: 16, epochs: 4, batchSize: 2, compiled: false },
  model: { filters: 2, depth: 1 },
});

/** A training that is stopped after two epochs and resumed, each half with a separate tracker. */
async function trainInTwoHalves(name: string, tracker: () => Tracker): Promise<EpochRecord[]> {
  const train = async (stopAfter: number) => {
    const model = buildModel("unet", config, 3);
    const { callback, scores } = tracker();
    let epochs = 0;
    const result = await fitSplit(model, samples, split, {
      ...{ config, checkpoint: join(folder, `${name}.safetensors`), progress: false },
      callbacks: [callback],
      onEpoch: () => epochs++,
      shouldStop: () => epochs >= stopAfter,
    });
    if (result.ended === "completed") await scores({ dice: 0.625 });
    model.dispose();
    return result;
  };
  expect((await train(2)).ended).toBe("interrupted");
  const { ended, records } = await train(9);
  expect(ended).toBe("completed");
  return [...records];
}

describeWith(["tensorboard"])("TensorBoard", () => {
  it("reads every curve back, each step once, across a stop", async () => {
    const logs = join(folder, "logs");
    const records = await trainInTwoHalves("board", () =>
      tensorboardTracker(logs, { name: "a-run", folder }),
    );
    const python = join(dirname(serviceProgram("tensorboard") ?? ""), "python");
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload()
print(json.dumps({tag: [[s.step, s.value] for s in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))`;
    const text = execFileSync(python, ["-c", script, join(logs, "a-run")], { encoding: "utf8" });
    const curves = JSON.parse(text) as Record<string, [number, number][]>;
    expect(Object.keys(curves).sort()).toEqual([
      ...["batch/learningRate", "batch/loss", "epoch/learningRate", "epoch/loss"],
      ...["epoch/seconds", "epoch/validationDice", "epoch/validationLoss", "test/dice"],
    ]);
    expect(curves["epoch/loss"]).toEqual(
      records.map(({ step, loss }) => [step, Math.fround(loss)]),
    );
    const last = records[records.length - 1].step;
    expect(curves["batch/loss"].map(([step]) => step)).toEqual(
      Array.from({ length: last }, (_, index) => index + 1),
    );
    expect(curves["test/dice"]).toEqual([[last, 0.625]]);
  });
});

describeWith(["mlflow"])("MLflow", () => {
  let server: ChildProcess | null = null;
  let url = "";
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = startService(serviceProgram("mlflow") ?? "mlflow", [
      ...["server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"],
      ...["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`],
    ]);
    await eventually(async () => ((await fetch(`${url}/health`)).ok ? true : null));
  });
  afterAll(() => stopService(server));

  it("has one run with settings, every epoch and the scores, across a stop", async () => {
    const records = await trainInTwoHalves("flow", () =>
      mlflowTracker({
        url,
        name: "a-run",
        folder: join(folder, "run's folder"),
        experiment: "discs",
      }),
    );
    const python = join(dirname(serviceProgram("mlflow") ?? ""), "python");
    const script = `
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient(sys.argv[1])
runs = client.search_runs([client.get_experiment_by_name("discs").experiment_id])
run = runs[0]
history = lambda key: [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, key)]
print(json.dumps({"runs": len(runs), "name": run.info.run_name, "status": run.info.status,
  "params": run.data.params, "loss": history("loss"), "dice": history("test/dice")}))`;
    const text = execFileSync(python, ["-c", script, url], { encoding: "utf8" });
    const { params, ...run } = JSON.parse(text) as Record<string, unknown>;
    expect(run).toEqual({
      ...{ runs: 1, name: "a-run", status: "FINISHED" },
      loss: records.map(({ step, loss }) => [step, loss]),
      dice: [[records[records.length - 1].step, 0.625]],
    });
    expect(params).toMatchObject({ model: "unet", epochs: "4", batchSize: "2" });
  });
});

describe("without a server", () => {
  it("ends a training before its first step, on one line", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const model = buildModel("unet", config, 3);
    const { callback } = mlflowTracker({ url, name: "a-run", folder });
    const training = fitSplit(model, samples, split, {
      ...{ config, checkpoint: join(folder, "none.safetensors"), progress: false },
      callbacks: [callback],
    });
    await expect(training).rejects.toThrow(
      /experiments\/search: expected MLflow to answer, got no/,
    );
  });
});
