import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import type { TrainingEvent } from "../../../src/experiments/training/events";
import { fit } from "../../../src/experiments/training/fit";
import type { FitOptions } from "../../../src/experiments/training/fitOptions";
import { discSamples } from "../support/samples";
import { tinySegmenter } from "../support/tinySegmenter";

loadEngine();
const train = discSamples(5, 9);
const validation = discSamples(2, 9, 2).map((sample) => ({ ...sample, group: `v-${sample.id}` }));
const quiet: FitOptions = { epochs: 2, batchSize: 3, progress: false, compiled: false };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-events-"));
});
afterEach(() => rm(folder, { recursive: true }));

function recorder(): { events: TrainingEvent[]; callbacks: [(event: TrainingEvent) => void] } {
  const events: TrainingEvent[] = [];
  return { events, callbacks: [(event) => void events.push(event)] };
}

describe("a training's callbacks", () => {
  it("receive every event, in order", async () => {
    const { events, callbacks } = recorder();
    const checkpoint = { path: join(folder, "checkpoint.safetensors"), everySteps: 1 };
    const data = { train, validation };
    const result = await fit(tinySegmenter(9), data, {
      ...quiet,
      compiled: true,
      callbacks,
      checkpoint,
    });
    expect(events.map(({ type }) => type)).toEqual([
      ...["begin", "compiling", "compiled"],
      ...["batch", "checkpoint", "batch", "checkpoint", "epoch"],
      ...["batch", "checkpoint", "batch", "checkpoint", "epoch"],
      "end",
    ]);
    expect(events[0]).toEqual({
      type: "begin",
      plan: {
        ...{ model: "tiny", epochs: 2, stepsPerEpoch: 2, totalSteps: 4 },
        ...{ resumedAtStep: 0, records: [] },
        settings: expect.objectContaining({ batchSize: "3", loss: "crossEntropy" }) as unknown,
      },
    });
    const batches = events.filter((event) => event.type === "batch");
    expect(batches.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
      [2, 4],
    ]);
    const losses = batches.slice(0, 2).map(({ loss }) => loss);
    const epochs = events.filter((event) => event.type === "epoch");
    expect(epochs.map(({ record }) => record)).toEqual(result.records);
    expect(result.records[0].loss).toBeCloseTo((losses[0] + losses[1]) / 2, 12);
    expect(events.at(-1)).toEqual({ type: "end", result });
    const compiled = events.find((event) => event.type === "compiled");
    expect(result.seconds).toBeGreaterThan(compiled?.seconds ?? Infinity);
  });

  it("receive the start and the earlier epochs of a resumed training", async () => {
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    let asked = 0;
    const stop = { ...quiet, checkpoint, shouldStop: () => asked++ === 3 };
    await fit(tinySegmenter(9), { train }, stop);
    const { events, callbacks } = recorder();
    await fit(tinySegmenter(9), { train }, { ...quiet, checkpoint, callbacks });
    const [begin] = events;
    expect(begin).toMatchObject({ type: "begin", plan: { resumedAtStep: 3 } });
    expect(begin.type === "begin" && begin.plan.records.map(({ epoch }) => epoch)).toEqual([1]);
    expect(events.filter(({ type }) => type === "batch")).toHaveLength(1);
  });

  it("are awaited", async () => {
    const seen: string[] = [];
    const slow = async (event: TrainingEvent): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`slow ${event.type}`);
    };
    const quick = (event: TrainingEvent): void => void seen.push(`quick ${event.type}`);
    await fit(tinySegmenter(9), { train }, { ...quiet, epochs: 1, callbacks: [slow, quick] });
    expect(seen).toEqual(
      ["begin", "batch", "batch", "epoch", "end"].flatMap((type) => [
        `slow ${type}`,
        `quick ${type}`,
      ]),
    );
  });

  it("end the training by throwing, and all receive the error", async () => {
    const { events, callbacks } = recorder();
    const fault = new Error("disk full");
    const failing = (event: TrainingEvent): void => {
      if (event.type === "epoch") throw fault;
    };
    const options = { ...quiet, callbacks: [...callbacks, failing] };
    await expect(fit(tinySegmenter(9), { train }, options)).rejects.toBe(fault);
    expect(events.at(-1)).toEqual({ type: "error", error: fault });
  });
});
