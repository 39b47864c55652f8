import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../../src/core/errors";
import type { Checkpoint } from "../../../src/experiments/training/checkpoint";
import { loadCheckpoint, saveCheckpoint } from "../../../src/experiments/training/checkpoint";
import { FRESH_EARLY_STOP } from "../../../src/experiments/training/earlyStop";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-checkpoint-"));
  path = join(folder, "checkpoint.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

const checkpoint: Checkpoint = {
  state: {
    fingerprint: { seed: "3" },
    step: 17,
    epoch: 2,
    batch: 5,
    lossSum: 0.1 + 0.2,
    epochSeconds: 1.5,
    records: [],
    earlyStop: FRESH_EARLY_STOP,
  },
  model: new Map([
    ["0000/conv/kernel", { shape: [2, 3], values: Float32Array.of(1, -0, NaN, 1e-40, 0.1, 7) }],
    ["0001/dropout/seedState", { shape: [2], values: Int32Array.of(-5, 0x7fffffff) }],
  ]),
  optimizer: new Map([["beta1Power", { shape: [], values: Float32Array.of(0.9) }]]),
  best: null,
};

describe("a checkpoint", () => {
  it("is read back bit for bit", async () => {
    await saveCheckpoint(path, checkpoint);
    expect(await loadCheckpoint(path)).toEqual(checkpoint);
  });

  it("keeps the best weights separately", async () => {
    const best = new Map([["0000/conv/kernel", { shape: [1], values: Float32Array.of(9) }]]);
    await saveCheckpoint(path, { ...checkpoint, best });
    expect((await loadCheckpoint(path))?.best).toEqual(best);
  });

  it("is null if there is none", async () => {
    expect(await loadCheckpoint(path)).toBeNull();
  });

  it("rejects a file truncated anywhere", async () => {
    await saveCheckpoint(path, checkpoint);
    const whole = await readFile(path);
    for (const length of [0, 7, 8, 60, whole.length - 1]) {
      await writeFile(path, whole);
      await truncate(path, length);
      await expect(loadCheckpoint(path)).rejects.toThrow(DataError);
    }
  });

  it("rejects a header that claims more bytes than the file has", async () => {
    const bytes = Buffer.alloc(64);
    bytes.writeBigUInt64LE(1n << 60n);
    await writeFile(path, bytes);
    await expect(loadCheckpoint(path)).rejects.toThrow(/expected a header of at most 56 bytes/);
  });
});
