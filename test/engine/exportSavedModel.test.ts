import * as tf from "@tensorflow/tfjs";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { exportSavedModel } from "../../src/engine/exportSavedModel";
import { loadEngine } from "../../src/engine/load";
import { modelByName } from "../../src/models";

loadEngine();

const python = join(".venv", "bin", "python");
const script = `
import json, sys, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
folder = sys.argv[1]
served = tf.saved_model.load(folder).signatures["serving_default"]
shape = json.load(open(folder + "/shape.json"))
images = np.fromfile(folder + "/images", "float32").reshape(shape)
outputs = served(images=tf.constant(images))
outputs["softmax"].numpy().tofile(folder + "/softmax")
print(json.dumps(sorted(outputs)))
`;

describe("exportSavedModel", () => {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-export-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(["unet", "residualAttentionUnet"] as const)(
    "gives Python's TensorFlow the outputs of %s",
    (name) => {
      const model = modelByName(name, {
        inputShape: [32, 24, 1],
        numClasses: 3,
        filters: 8,
        depth: 2,
        seed: 2,
        // Rounding grows with depth, and each block more is several layers.
        ...(name === "residualAttentionUnet" ? { blocks: 1 } : {}),
      });
      const shape: [number, number, number, number] = [2, 32, 24, 1];
      const random = createRandom(4);
      const images = Float32Array.from({ length: 2 * 32 * 24 }, () => random.normal());
      const expected = tf.tidy(() =>
        (model.predict(tf.tensor4d(images.slice(), shape)) as tf.Tensor).dataSync(),
      );
      exportSavedModel(model, folder, { inputShape: shape });
      writeFileSync(join(folder, "images"), images);
      writeFileSync(join(folder, "shape.json"), JSON.stringify(shape));
      const printed = execFileSync(python, ["-c", script, folder], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      expect(JSON.parse(printed)).toEqual(["softmax"]);
      const bytes = readFileSync(join(folder, "softmax"));
      const served = new Float32Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      expect(served).toHaveLength(expected.length);
      const distance = served.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
        0,
      );
      expect(distance).toBeLessThan(1e-5);
    },
    120_000,
  );

  it("asks for sizes that the model leaves open", () => {
    const model = modelByName("unet", {
      inputShape: [null, null, 1],
      numClasses: 2,
      filters: 2,
      depth: 1,
    });
    expect(() => exportSavedModel(model, folder)).toThrow(/known sizes.*Give inputShape/);
  });
});
