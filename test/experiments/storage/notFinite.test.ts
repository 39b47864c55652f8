import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseJson, stringifyJson } from "../../../src/core/json";
import { loadEngine } from "../../../src/engine/load";
import { writeJsonWhole } from "../../../src/files/writeWhole";
import { caseMetrics, parseRecords, serialiseRecords } from "../../../src/metrics";
import { presetConfig } from "../../../src/experiments/config/presets";
import { buildModel } from "../../../src/experiments/training/buildModel";
import { loadCheckpoint, saveCheckpoint } from "../../../src/experiments/training/checkpoint";
import type { EpochRecord } from "../../../src/experiments/training/checkpoint";
import { FRESH_EARLY_STOP } from "../../../src/experiments/training/earlyStop";
import { progressWriter, readProgress } from "../../../src/experiments/studies/jobProgress";
import { readJobRecord, writeJobRecord } from "../../../src/experiments/studies/jobRecord";
import { readRunRecord, saveRun } from "../../../src/experiments/storage/runs";
import type { TrainingEvent } from "../../../src/experiments/training/events";
import { tempFolder } from "../../support/tempFolder";

loadEngine();
const folder = tempFolder();
const config = presetConfig("smoke", { size: 16, model: { filters: 2, depth: 1 } });
const classNames = ["background", "lesion"];

/** An epoch of a training whose metrics are undefined or infinite. */
const epoch: EpochRecord = {
  ...{ epoch: 1, step: 2, learningRate: 0.1, seconds: 1 },
  ...{ loss: NaN, validationLoss: Infinity, validationDice: null },
  metrics: { hd95: Infinity, change: -Infinity, precision: NaN },
};
const result = {
  ...({ ended: "completed", bestEpoch: 1, steps: 2, seconds: 1, records: [epoch] } as const),
  resumedAtStep: 0,
};

/** A case whose one lesion was missed: its distances are infinite, its precision undefined. */
const missed = caseMetrics(
  { height: 1, width: 2, data: Uint8Array.of(0, 1) },
  { height: 1, width: 2, data: Uint8Array.of(0, 0) },
  { id: "a", classNames },
);

describe("NaN and infinite numbers are read back", () => {
  it("as text: `{ number }`, which no other object is confused with", () => {
    const value = {
      a: [NaN, Infinity, -Infinity, 0],
      b: { number: 5 },
      c: { number: "NaN", d: 1 },
    };
    expect(parseJson(stringifyJson(value))).toEqual(value);
    expect(stringifyJson(NaN)).toBe('{"number":"NaN"}');
  });

  it("from a file", async () => {
    const path = join(folder, "file.json");
    await writeJsonWhole(path, [NaN, { far: Infinity }]);
    expect(parseJson(readFileSync(path, "utf8"))).toEqual([NaN, { far: Infinity }]);
  });

  it("from case records", () => {
    expect(missed.classes[1].hd95).toBe(Infinity);
    expect(missed.classes[1].precision).toBeNaN();
    expect(parseRecords(serialiseRecords([missed]))).toEqual([missed]);
  });

  it("from a run's record, a job's record, a checkpoint and a job's progress", async () => {
    const model = buildModel("unet", config, 2);
    const data = { source: "a", name: "a", trainCases: 1, validationCases: 0, testCases: 1 };
    const record = await saveRun(join(folder, "run"), model, {
      ...{ model: "unet", classNames, config, result },
      data: { ...data, splitNote: null },
    });
    expect(await readRunRecord(join(folder, "run"))).toEqual(record);
    expect(record.result.records).toEqual([epoch]);

    const split = { fold: 0, seed: 1, train: ["b"], validation: [], test: ["a"] };
    const job = { id: "job", model: "unet", config, split, factors: {} };
    const run = {
      ...{ folder, record, model, models: [model], testCases: [], split, wasFinished: false },
    };
    const written = await writeJobRecord(join(folder, "job"), job, run, [missed]);
    expect(await readJobRecord(join(folder, "job"), job)).toEqual(written);
    expect(written.cases).toEqual([missed]);

    const state = {
      ...{ fingerprint: {}, step: 2, epoch: 1, batch: 0, lossSum: Infinity, epochSeconds: 0 },
      ...{ records: [epoch], earlyStop: FRESH_EARLY_STOP },
    };
    const path = join(folder, "checkpoint.safetensors");
    await saveCheckpoint(path, { state, model: new Map(), optimizer: new Map(), best: null });
    expect((await loadCheckpoint(path))?.state).toEqual(state);

    const write = progressWriter(join(folder, "progress"));
    await write({ type: "batch", step: 1, epoch: 1, loss: NaN } as TrainingEvent);
    expect(await readProgress(join(folder, "progress"))).toMatchObject({ step: 1, loss: NaN });
  });

  it("since the package writes JSON files in no other way", () => {
    const src = join(__dirname, "../../../src");
    const files = readdirSync(src, { recursive: true, encoding: "utf8" });
    const others = files
      .filter((name) => name.endsWith(".ts") && !name.startsWith("kernel"))
      .filter((name) =>
        /(?<!stdout\.)(write\w*|appendFile\w*)\([^;]*JSON\.stringify/.test(
          readFileSync(join(src, name), "utf8"),
        ),
      );
    expect(others).toEqual([]);
  });
});
