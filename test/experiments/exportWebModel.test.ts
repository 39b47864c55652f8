import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { toFloat16, fromFloat16 } from "../../src/core/weights/float16";
import { loadEngine } from "../../src/engine/load";
import { presetConfig } from "../../src/experiments/config/presets";
import { predictCases } from "../../src/experiments/evaluation/evaluateModel";
import { exportWebModel } from "../../src/experiments/export/exportWebModel";
import { buildModel } from "../../src/experiments/training/buildModel";
import type { Run } from "../../src/experiments/storage/runs";
import { makePhantom, sliceVolume } from "../../src/data";
import { loadSegmenter } from "../../src/web/segmenter";
import { jitterWeights } from "../support/differentiate";
import { tempFolder } from "../support/tempFolder";

loadEngine();
const root = tempFolder();

/** A run in memory, with random weights as if trained. */
function untrainedRun(name: string, flips: "none" | "horizontal" = "none"): Run {
  const config = presetConfig("smoke", {
    size: 32,
    model: { filters: 4, depth: 2, attentionLevels: [1] },
    inference: { flips },
  });
  const classNames = ["background", "ground-glass opacity", "consolidation", "pleural effusion"];
  const model = buildModel(name, config, classNames.length);
  for (const layer of model.layers) jitterWeights(layer);
  return {
    folder: "",
    record: { model: name, classNames, config } as unknown as Run["record"],
    model,
    models: [model],
  };
}

/** Serves the files of the export like a web server. */
const serve = (folder: string): typeof fetch =>
  ((address: string) => {
    const name = address.split("/").at(-1) ?? "";
    if (!readdirSync(folder).includes(name))
      return Promise.resolve(new Response("", { status: 404 }));
    const bytes = readFileSync(join(folder, name));
    const type = name.endsWith(".json") ? "application/json" : "application/octet-stream";
    const response = new Response(bytes, { headers: { "content-type": type } });
    // Node's `json` makes arrays that are not instances of the test's `Array`.
    const json = (): Promise<unknown> => Promise.resolve(JSON.parse(bytes.toString()) as unknown);
    return Promise.resolve(Object.assign(response, { json }));
  }) as typeof fetch;

const { cases } = sliceVolume(makePhantom({ count: 2, size: 64, seed: 3 }).image, null, {
  name: "phantom",
  classNames: ["background", "ground-glass opacity"],
});

function share(a: Uint8Array, b: Uint8Array): number {
  return a.filter((label, i) => label === b[i]).length / a.length;
}

describe("exportWebModel", () => {
  it.each([
    ["unet", "none"],
    ["residualAttentionUnet", "horizontal"],
  ] as const)(
    "%s segments in a page as predictCases does, LSH attention included",
    async (name, flips) => {
      const run = untrainedRun(name, flips);
      const wanted = predictCases(run.model, cases, { flips });
      expect(new Set(wanted[0].data).size).toBeGreaterThan(1);
      const folder = join(root, name);
      const { files, preprocessing } = await exportWebModel(run, folder);
      expect(files).toEqual(["model.json", "preprocessing.json", "weights-1of1.bin"]);
      expect(preprocessing).toMatchObject({
        size: 32,
        windows: { HU: { low: -1250, high: 250 }, grey8: { low: 0, high: 255 } },
        weights: { dtype: "float32", largestRounding: 0 },
      });
      const segmenter = await loadSegmenter(`https://example.org/${name}/`, {
        fetchFunc: serve(folder),
      });
      const before = tf.memory().numTensors;
      const done: number[] = [];
      const got = await segmenter.segment(cases, { onProgress: (count) => done.push(count) });
      expect(done).toEqual([1, 2]);
      expect(tf.memory().numTensors).toBe(before);
      expect(got.map(({ data }, i) => share(data, wanted[i].data))).toEqual([1, 1]);
    },
  );

  it("states the rounding of float16 weights and keeps vectors exact", async () => {
    const run = untrainedRun("unet");
    const folder = join(root, "half");
    const { preprocessing } = await exportWebModel(run, folder, { weights: "float16" });
    const segmenter = await loadSegmenter("half", { fetchFunc: serve(folder) });
    let largest = 0;
    let bytes = 0;
    run.model.getWeights().forEach((weight, index) => {
      const [wanted, got] = [weight.dataSync(), segmenter.model.getWeights()[index].dataSync()];
      bytes += weight.size * (weight.rank < 2 ? 4 : 2);
      for (let i = 0; i < wanted.length; i++) {
        const change = Math.abs(wanted[i] - got[i]);
        if (weight.rank < 2) expect(change).toBe(0);
        largest = Math.max(largest, change);
      }
    });
    expect(largest).toBeGreaterThan(0);
    expect(preprocessing.weights).toEqual({ dtype: "float16", bytes, largestRounding: largest });
    const masks = await segmenter.segment(cases);
    const wanted = predictCases(run.model, cases);
    expect(share(masks[0].data, wanted[0].data)).toBeGreaterThan(0.98);
    await expect(segmenter.segment(cases, { batchSize: 0 })).rejects.toThrow(
      /batchSize: expected an integer of at least 1, got 0/,
    );
  });

  it("rejects a weight that float16 cannot hold, and a misspelt option", async () => {
    const run = untrainedRun("unet");
    const kernel = run.model.weights.find(({ shape }) => shape.length === 4);
    kernel?.write(tf.fill(kernel.shape as [number], 1e5));
    await expect(exportWebModel(run, join(root, "large"), { weights: "float16" })).rejects.toThrow(
      /weight .*: expected numbers from -65504 to 65504, which float16 can hold, got 100000/,
    );
    await expect(
      exportWebModel(run, join(root, "x"), { weight: "float16" } as object),
    ).rejects.toThrow(/Did you mean "weights"/);
  });

  it("names the file that is missing or of another version", async () => {
    const folder = join(root, "unet");
    const files = serve(folder);
    const without = (name: string, body?: string): typeof fetch =>
      ((address: string) =>
        address.endsWith(name)
          ? Promise.resolve(new Response(body ?? "", { status: body === undefined ? 404 : 200 }))
          : files(address)) as typeof fetch;
    const load = (fetchFunc: typeof fetch) => loadSegmenter("https://example.org/m", { fetchFunc });
    await expect(load(without("preprocessing.json"))).rejects.toThrow(
      /m\/preprocessing.json: expected the file that .* wrote, got status 404. Serve the whole/,
    );
    await expect(load(without("preprocessing.json", "<html>"))).rejects.toThrow(/not JSON/);
    await expect(load(without("preprocessing.json", '{"format":"x"}'))).rejects.toThrow(
      /format: expected "layerbook-web-1", got "x"/,
    );
    await expect(load(without("weights-1of1.bin"))).rejects.toThrow(/a tfjs layers model/);
  });
});

describe("float16", () => {
  it("keeps every half-precision number", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromFloat16(bits);
      if (Number.isNaN(value)) continue;
      if (toFloat16([value])[0] !== bits)
        throw new Error(`${bits} becomes ${toFloat16([value])[0]}`);
    }
  });

  it("rounds to nearest, ties to even", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [fromFloat16(bits), fromFloat16(bits + 1)];
      const middle = (low + high) / 2;
      const [a, b, c] = toFloat16([low + (high - low) / 4, middle, high - (high - low) / 4]);
      if (a !== bits || b !== bits + (bits % 2) || c !== bits + 1) throw new Error(`at ${bits}`);
    }
    expect(Array.from(toFloat16([65519, 65520, -1e9, NaN]))).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7e00,
    ]);
  });
});
