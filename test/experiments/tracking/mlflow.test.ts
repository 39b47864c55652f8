import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mlflowTracker } from "../../../src/experiments/tracking/mlflow";
import { summaryScores } from "../../../src/experiments/tracking/trackersOf";
import type { EpochRecord } from "../../../src/experiments/training/checkpoint";
import type { TrainingEvent } from "../../../src/experiments/training/events";
import type { Summary } from "../../../src/metrics";

type Body = Readonly<Record<string, unknown>>;
interface Run {
  readonly id: string;
  status: string;
  readonly folder: string;
  readonly params: Map<string, string>;
  readonly metrics: { key: string; value: number; step: number }[];
}

/** The part of MLflow's REST API that the tracker uses; test/services uses the real server. */
class FakeMlflow {
  readonly runs: Run[] = [];
  experiments: string[] = [];
  /** Experiments that another client creates between this one's check and its attempt. */
  madeMeanwhile: string[] = [];
  isDown = false;
  private server: Server | null = null;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        if (this.isDown) {
          request.socket.destroy();
          return;
        }
        const body = JSON.parse(Buffer.concat(parts).toString()) as Body;
        const path = (request.url ?? "").replace("/proxied/api/2.0/mlflow/", "");
        const answer = this.answer(path, body);
        response.statusCode = answer === null ? 400 : 200;
        response.end(JSON.stringify(answer ?? { error_code: "X", message: `no ${path}\nmore` }));
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    return `http://user:secret@127.0.0.1:${(this.server.address() as AddressInfo).port}/proxied/`;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private answer(path: string, body: Body): object | null {
    if (path === "experiments/search") {
      return { experiments: this.experiments.map((_, index) => ({ experiment_id: `${index}` })) };
    }
    if (path === "experiments/create") {
      this.experiments.push(...this.madeMeanwhile);
      if (this.experiments.length > 0) return null;
      this.experiments.push(String(body["name"]));
      return { experiment_id: "0" };
    }
    if (path === "runs/search") {
      const runs = this.runs.filter(({ folder }) => String(body["filter"]).includes(`'${folder}'`));
      return { runs: runs.map(shown).reverse() };
    }
    if (path === "runs/create") {
      const [{ value: folder }] = body["tags"] as { value: string }[];
      const run = { id: `run${this.runs.length}`, status: "RUNNING", folder };
      this.runs.push({ ...run, params: new Map(), metrics: [] });
      return { run: shown(this.runs[this.runs.length - 1]) };
    }
    const run = this.runs.find(({ id }) => id === body["run_id"]);
    if (run === undefined) return null;
    if (path === "runs/update") run.status = String(body["status"]);
    const params = (body["params"] ?? []) as { key: string; value: string }[];
    if (params.length > 100) return null;
    for (const { key, value } of params) {
      if ((run.params.get(key) ?? value) !== value) return null;
      run.params.set(key, value);
    }
    run.metrics.push(...((body["metrics"] ?? []) as Run["metrics"]));
    return {};
  }
}

function shown({ id, status, params, metrics }: Run): object {
  const entries = [...params].map(([key, value]) => ({ key, value }));
  return { info: { run_id: id, status }, data: { params: entries, metrics } };
}

const epoch = (number: number): EpochRecord => ({
  ...{ epoch: number, step: 10 * number, loss: 1 / number, validationLoss: null },
  ...{ validationDice: null, learningRate: 0.01, seconds: 1 },
});

const begin = (done: number): TrainingEvent => ({
  type: "begin",
  plan: {
    ...{ model: "unet", epochs: 4, stepsPerEpoch: 10, totalSteps: 40 },
    ...{ resumedAtStep: 10 * done, settings: { epochs: "4" } },
    records: Array.from({ length: done }, (_, index) => epoch(index + 1)),
  },
});

const batch = (step: number): TrainingEvent => ({
  ...{ type: "batch", epoch: Math.ceil(step / 10), step, loss: 1, learningRate: 0.01 },
});

const end: TrainingEvent = {
  type: "end",
  result: {
    ...{ records: [], ended: "completed", bestEpoch: 0, steps: 40, seconds: 4, resumedAtStep: 0 },
  },
};

describe("the MLflow tracker", () => {
  let server: FakeMlflow;
  let url: string;
  let said: jest.SpiedFunction<typeof process.stderr.write>;
  beforeEach(async () => {
    server = new FakeMlflow();
    url = await server.start();
    said = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterEach(() => {
    server.stop();
    said.mockRestore();
  });
  const losses = (index: number): number[] =>
    server.runs[index].metrics.filter(({ key }) => key === "loss").map(({ step }) => step);
  const send = async (events: readonly TrainingEvent[], settings?: Record<string, string>) => {
    const run = { url, name: "a-run", folder: "/runs/a", retrySeconds: { end: 0 } };
    const tracker = mlflowTracker({ ...run, ...(settings === undefined ? {} : { settings }) });
    for (const event of events) await tracker.callback(event);
    return tracker;
  };
  const epochs = (...numbers: number[]): TrainingEvent[] =>
    numbers.flatMap((number) => [
      batch(10 * number),
      { type: "epoch", record: epoch(number) } as const,
    ]);

  it("uses an experiment that another training made at the same time", async () => {
    server.madeMeanwhile = ["layerbook"];
    await send([begin(0), ...epochs(1), end]);
    expect(server.runs.map(({ status }) => status)).toEqual(["FINISHED"]);
  });

  it("makes a new run if the folder was removed and trained in again", async () => {
    await send([begin(0), ...epochs(1, 2), end], { epochs: "2" });
    await send([begin(0), ...epochs(1, 2), end], { epochs: "2" });
    await send([begin(0), ...epochs(1), end], { epochs: "1" });
    expect(server.runs.map((_, index) => losses(index))).toEqual([[10, 20], [10, 20], [10]]);
  });

  it("continues the run of a training that was killed before its first checkpoint", async () => {
    await send([begin(0), batch(1)]);
    await send([begin(0), ...epochs(1), end]);
    expect(server.runs.map(({ status }) => status)).toEqual(["FINISHED"]);
  });

  it("sends the epochs that the server missed before a stop, each once", async () => {
    await send([begin(0), ...epochs(1)]);
    server.isDown = true;
    const { callback } = mlflowTracker({ url, name: "other", folder: "/runs/a" });
    await expect(callback(begin(1))).rejects.toThrow(/expected MLflow to answer, got no answer/);
    server.isDown = false;
    await send([begin(3), ...epochs(4), end]);
    expect(losses(0)).toEqual([10, 20, 30, 40]);
  });

  it("keeps numbers while the server is unavailable, and warns once that training continues", async () => {
    const { callback, scores } = await send([begin(0), ...epochs(1)]);
    server.isDown = true;
    for (const event of epochs(2, 3)) await callback(event);
    expect(said.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^http:\/\/127.*answer.*\. Training continues; .*\n$/),
    ]);
    server.isDown = false;
    for (const event of [...epochs(4), end]) await callback(event);
    expect(losses(0)).toEqual([10, 20, 30, 40]);
    server.isDown = true;
    await scores({ dice: 0.5 });
    expect(said.mock.calls.at(-1)?.[0]).toMatch(/The scores were not logged\n$/);
  });

  it("waits for a restarting server at the end of a training", async () => {
    const tracker = mlflowTracker({ url, name: "a-run", folder: "/runs/a" });
    for (const event of [begin(0), ...epochs(1)]) await tracker.callback(event);
    server.isDown = true;
    for (const event of epochs(2)) await tracker.callback(event);
    setTimeout(() => (server.isDown = false), 300);
    await tracker.callback(end);
    await tracker.scores({ dice: 0.5 });
    expect(server.runs).toMatchObject([{ status: "FINISHED" }]);
    expect(losses(0)).toEqual([10, 20]);
    expect(server.runs[0].metrics.at(-1)).toMatchObject({ key: "test/dice", value: 0.5 });
  });

  it("sends a missed end of a training together with the scores", async () => {
    const tracker = await send([begin(0), ...epochs(1)]);
    server.isDown = true;
    await tracker.callback(end);
    expect(said.mock.calls.at(-1)?.[0]).toMatch(/The end of this training was not logged\n$/);
    server.isDown = false;
    await tracker.scores({ dice: 0.5 });
    expect(server.runs).toMatchObject([{ status: "FINISHED" }]);
  });

  it("waits at the beginning on request, but not for a server that answers with an error", async () => {
    const options = { url, name: "a-run", folder: "/runs/a", retrySeconds: { begin: 60 } };
    server.isDown = true;
    setTimeout(() => (server.isDown = false), 300);
    await mlflowTracker(options).callback(begin(0));
    expect(server.runs).toHaveLength(1);
    expect(said.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/to answer, got no answer .*\. Asking again for 60 s\n$/),
    ]);
    server.experiments = [];
    server.madeMeanwhile = ["other"];
    const refused = mlflowTracker({ ...options, url: `${url}wrong` }).callback(begin(0));
    await expect(refused).rejects.toThrow(/expected MLflow to accept the request, got 400/);
  });

  it("sends more settings than fit into one request, and does not print the server's password", async () => {
    const settings = Object.fromEntries(
      Array.from({ length: 130 }, (_, i) => [`setting${i}`, "1"]),
    );
    await send([begin(0), end], settings);
    expect(server.runs[0].params.size).toBe(131);
    server.experiments = [];
    server.madeMeanwhile = [];
    server.runs.length = 0;
    server.isDown = true;
    await expect(send([begin(0)])).rejects.toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining("secret") as string,
      }) as Error,
    );
  });

  it.each(["localhost:5000", "ftp://host", "", "mlflow"])("rejects the address %j", async (bad) => {
    const { callback } = mlflowTracker({ url: bad, name: "a-run", folder: "/runs/a" });
    await expect(callback(begin(0))).rejects.toThrow(/expected an address that begins with http/);
  });
});

it("gives scores of classes distinct names in any script", () => {
  const score = (name: string, mean: number) => ({ name, whereTruth: { dice: { mean } } });
  const summary = {
    ...{ dice: 1, accuracy: 1, precision: 1 },
    perClass: ["背景", "磨玻璃 影", "实变", "a b", "a-b"].map(score),
  } as unknown as Summary;
  expect(Object.keys(summaryScores(summary)).slice(3)).toEqual([
    ...["dice_磨玻璃_影", "dice_实变", "dice_a_b_3", "dice_a_b_4"],
  ]);
});
