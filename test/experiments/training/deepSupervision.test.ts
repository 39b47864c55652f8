import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../../src/engine/load";
import {
  addDeepSupervision,
  supervisedLoss,
} from "../../../src/experiments/training/deepSupervision";
import { fit } from "../../../src/experiments/training/fit";
import { crossEntropy } from "../../../src/losses";
import { logitsModel } from "../../../src/models/logitsModel";
import { unet } from "../../../src/models/unet";
import { residualAttentionUnet } from "../../../src/models/residualAttentionUnet";
import { discSamples } from "../support/samples";
import { tinySegmenter } from "../support/tinySegmenter";

loadEngine();
const make = () => unet({ inputShape: [16, 16, 1], numClasses: 3, filters: 2, depth: 3, seed: 1 });

describe("deep supervision", () => {
  it("adds scores at each level of the decoder between the bridge and full resolution", () => {
    const { network, heads } = addDeepSupervision(logitsModel(make()), 1);
    expect(network.outputs.map(({ shape }) => shape)).toEqual([
      [null, 16, 16, 3],
      [null, 8, 8, 3],
      [null, 4, 4, 3],
    ]);
    expect(heads).toHaveLength(2);
    // From the decoder, not from the encoder of the same resolution.
    const sources = network.outputs.slice(1).map((output) => output.inputs[0].sourceLayer.name);
    expect(sources).toEqual(["decoder1", "decoder2"]);
  });

  it("finds the levels of other networks, and rejects one without", () => {
    const other = residualAttentionUnet({
      ...{ inputShape: [16, 16, 1], numClasses: 3, filters: 8, depth: 2, attentionLevels: [1] },
    });
    expect(addDeepSupervision(logitsModel(other), 1).network.outputs[1].shape).toEqual([
      null,
      8,
      8,
      3,
    ]);
    expect(() => addDeepSupervision(logitsModel(tinySegmenter(8)), 1)).toThrow(
      /decoder has a level/,
    );
  });

  it("weights levels by 1, 1/2, 1/4, and takes the nearest labels", () => {
    const labels = tf.tensor3d(
      [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 0, 0, 2, 2, 0, 0],
      [1, 4, 4],
      "int32",
    );
    const small = tf.tensor3d([0, 1, 2, 0], [1, 2, 2], "int32");
    const full = tf.randomNormal([1, 4, 4, 3], 0, 1, "float32", 3);
    const half = tf.randomNormal([1, 2, 2, 3], 0, 1, "float32", 4);
    const loss = crossEntropy();
    const expected = (2 * loss(labels, full).arraySync() + loss(small, half).arraySync()) / 3;
    expect(supervisedLoss(loss, labels, [full, half]).arraySync()).toBeCloseTo(expected, 5);
  });

  it.each([false, true])(
    "trains the network, compiled: %s, and leaves it as it was",
    async (compiled) => {
      const samples = discSamples(4, 16);
      const train = async (deepSupervision: boolean) => {
        const model = make();
        const { records } = await fit(
          model,
          { train: samples },
          {
            ...{ epochs: 2, batchSize: 2, progress: false, compiled, deepSupervision },
          },
        );
        expect(model.outputs).toHaveLength(1);
        expect(model.countParams()).toBe(make().countParams());
        return [records.at(-1)?.loss, [...model.getWeights()[0].dataSync()]];
      };
      expect(await train(true)).not.toEqual(await train(false));
      expect(await train(true)).toEqual(await train(true));
    },
  );
});
