import * as tf from "@tensorflow/tfjs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../src/engine/load";
import { readKerasWeightsFile } from "../../src/engine/weights/kerasWeightsFile";
import { MultiHeadAttention } from "../../src/layers/MultiHeadAttention";
import { assignWeights } from "../../src/models/weights/assignWeights";
import { kerasAttentionNames } from "../../src/models/weights/kerasNames";
import { expectClose } from "../support/close";
import { readCases } from "../support/layerGolden";

interface KerasCase {
  readonly args: { readonly numHeads: number; readonly keyDim: number; readonly valueDim: number };
  readonly inputs: readonly (readonly number[])[];
  readonly files: { readonly good: string; readonly bomb: string };
  readonly values: readonly number[][];
  readonly output: readonly number[];
}

const [golden] = readCases<KerasCase>("kerasWeights");
const folder = mkdtempSync(join(tmpdir(), "keras-"));

function fileOf(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

afterAll(() => rmSync(folder, { recursive: true }));

describe("Keras weights", () => {
  it("make our MultiHeadAttention Keras'", async () => {
    loadEngine();
    const path = fileOf("good.weights.h5", Buffer.from(golden.files.good, "base64"));
    const tensors = await readKerasWeightsFile(path);
    const sources = golden.inputs.map(([, ...shape]) => tf.input({ shape }));
    const layer = new MultiHeadAttention({ ...golden.args, name: "mha" });
    const model = tf.model({ inputs: sources, outputs: layer.apply(sources) as tf.SymbolicTensor });
    const names = kerasAttentionNames({ mha: "layers/multi_head_attention" });
    assignWeights(model, tensors, names);
    tf.tidy(() => {
      const inputs = golden.inputs.map((shape, index) =>
        tf.tensor(golden.values[index], [...shape]),
      );
      expectClose((model.predict(inputs) as tf.Tensor).dataSync(), golden.output, 1e-4, "output");
    });
    tensors.delete("layers/multi_head_attention/key_dense/vars/1");
    expect(() => assignWeights(model, tensors, names)).toThrow(
      'expected a tensor "layers/multi_head_attention/key_dense/vars/1" [2, 3], got none of that name',
    );
  });

  it("are refused when a small file claims 256 GB", async () => {
    const path = fileOf("bomb.weights.h5", Buffer.from(golden.files.bomb, "base64"));
    await expect(readKerasWeightsFile(path)).rejects.toThrow(
      /bomb.weights.h5: "layers\/mha\/vars\/0": expected an uncompressed tensor within \d+ bytes, got a compressed one/,
    );
  });

  it("are refused when they are no HDF5, or not there", async () => {
    const path = fileOf("notes.weights.h5", Buffer.from("a shopping list"));
    await expect(readKerasWeightsFile(path)).rejects.toThrow("expected an HDF5 file");
    await expect(readKerasWeightsFile(join(folder, "no"))).rejects.toThrow("got ENOENT");
  });
});
