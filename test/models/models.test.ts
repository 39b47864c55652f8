import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { attentionUnet } from "../../src/models/attentionUnet";
import { fcn8s } from "../../src/models/fcn8s";
import { logitsModel } from "../../src/models/logitsModel";
import { modelByName } from "../../src/models/modelByName";
import { MODEL_NAMES } from "../../src/models/modelNames";
import { ma, mr, residualAttentionUnet } from "../../src/models/residualAttentionUnet";
import { modelArguments, modelSettings } from "../../src/models/modelArguments";
import { multiResUnet } from "../../src/models/multiResUnet";
import { r2unet } from "../../src/models/r2unet";
import { resnextUnet } from "../../src/models/resnextUnet";
import { unet } from "../../src/models/unet";
import type { UNetArgs } from "../../src/models/unetFamily";
import { expectClose } from "../support/close";

beforeAll(() => {
  loadEngine();
});

const small = { inputShape: [19, 23, 1], numClasses: 3, filters: 8, depth: 2, seed: 4 } as const;
const family = [unet, residualAttentionUnet, ma, mr, attentionUnet] as const;
const builders = [...family, r2unet, multiResUnet] as const;

const trained = (model: tf.LayersModel): number =>
  model.trainableWeights.reduce(
    (total, weight) => total + weight.shape.reduce<number>((n, size) => n * (size ?? 1), 1),
    0,
  );

/** Every number of every weight, in order. */
function weightsOf(model: tf.LayersModel): string {
  return model
    .getWeights()
    .map((weight) => weight.dataSync().join())
    .join("\n");
}

/** Kinds of layers of a model, those inside blocks too, by path. */
function kinds(model: tf.LayersModel): string[] {
  return model.layers.map((layer) => `${layer.name}:${layer.getClassName()}`);
}

describe.each(builders.map((build) => [build.name, build] as const))("%s", (name, build) => {
  it("gives probabilities for every pixel of any size", () => {
    const model = build({ ...small, inputShape: [null, null, 1] });
    for (const [height, width] of [
      [19, 23],
      [16, 16],
      [1, 5],
    ]) {
      tf.tidy(() => {
        const output = model.predict(tf.randomNormal([2, height, width, 1])) as tf.Tensor;
        expect(output.shape).toEqual([2, height, width, 3]);
        expectClose(
          tf.sum(output, 3).dataSync(),
          new Array<number>(2 * height * width).fill(1),
          1e-5,
          "sums",
        );
      });
    }
  });

  it("ends in logits and softmax, and shares its weights with its logits model", () => {
    const model = build(small);
    expect(model.name).toBe(name);
    expect(model.layers.slice(-2).map((layer) => layer.name)).toEqual(["logits", "softmax"]);
    const scores = logitsModel(model);
    tf.tidy(() => {
      const x = tf.randomNormal([1, 19, 23, 1]);
      const wanted = (model.predict(x) as tf.Tensor).dataSync();
      expectClose(tf.softmax(scores.predict(x) as tf.Tensor).dataSync(), wanted, 1e-5, "softmax");
    });
  });

  it("starts the same for the same seed, and differently for another", () => {
    const [one, same, other] = [4, 4, 5].map((seed) => weightsOf(build({ ...small, seed })));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it("is the same model after saving and loading", async () => {
    const model = build(small);
    let artifacts: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler((saved) => {
        artifacts = saved;
        const info = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
        return Promise.resolve({ modelArtifactsInfo: info });
      }),
    );
    artifacts.modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology)) as object;
    const revived = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    tf.tidy(() => {
      const x = tf.randomNormal([1, 19, 23, 1]);
      const wanted = (model.predict(x) as tf.Tensor).dataSync();
      expect((revived.predict(x) as tf.Tensor).dataSync()).toEqual(wanted);
    });
    expect(kinds(revived)).toEqual(kinds(model));
  });

  it("learns a picture by heart, by gradients that reach every weight", () => {
    const model = build({ ...small, inputShape: [16, 16, 1] });
    const scores = logitsModel(model);
    const optimizer = tf.train.adam(0.01);
    const images = tf.tensor4d(
      Float32Array.from({ length: 256 }, (_, i) => (i % 16) / 16),
      [1, 16, 16, 1],
    );
    const labels = tf.oneHot(
      tf.tensor3d(
        Int32Array.from({ length: 256 }, (_, i) => Math.floor((i % 16) / 6)),
        [1, 16, 16],
        "int32",
      ),
      3,
    );
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const losses: number[] = [];
    for (let step = 0; step < 25; step++) {
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(
          () =>
            tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(
              tf.reshape(labels, [-1, 3]),
              tf.reshape(scores.apply(images, { training: true }) as tf.Tensor, [-1, 3]),
            ),
          variables,
        );
        for (const gradient of Object.values(grads)) expect(gradient).not.toBeNull();
        optimizer.applyGradients(grads as never);
        losses.push(value.dataSync()[0]);
      });
    }
    expect(losses[losses.length - 1]).toBeLessThan(0.4 * losses[0]);
  });
});

describe("the definition of the models", () => {
  it("has its parts where the paper has them", () => {
    const blockOf = (model: tf.LayersModel, layer: string): unknown =>
      model.getLayer(layer).getConfig()["block"];
    const attentionOf = (model: tf.LayersModel, layer: string): unknown =>
      model.getLayer(layer).getConfig()["attention"];
    const table = family.map((build) => {
      const model = build(small);
      return [
        build.name,
        blockOf(model, "encoder0"),
        model.getLayer("bridge").getClassName(),
        blockOf(model, "decoder0"),
        attentionOf(model, "decoder0"),
      ];
    });
    expect(table).toEqual([
      ["unet", "conv", "ConvBlock", "conv", "none"],
      ["residualAttentionUnet", "resnext", "ResNeXtBlock", "resnet", "lsh"],
      ["ma", "resnext", "ResNeXtBlock", "resnet", "none"],
      ["mr", "conv", "ConvBlock", "resnet", "lsh"],
      ["attentionUnet", "conv", "ConvBlock", "conv", "gate"],
    ]);
  });

  it("has 16 filters doubled four times, cardinality 8, heads of 16 channels, buckets of 64, 4 rounds", () => {
    const model = residualAttentionUnet({ inputShape: [32, 32, 1], numClasses: 4 });
    [0, 1, 2, 3].forEach((level) => {
      const filters = 16 * 2 ** level;
      expect(model.getLayer(`encoder${level}`).getConfig()).toMatchObject({
        filters,
        cardinality: 8,
        pathWidth: 4 * 2 ** level,
        blocks: 2,
      });
      expect(model.getLayer(`decoder${level}`).getConfig()).toMatchObject({
        filters,
        attention: "lsh",
        numHeads: filters / 16,
        keyDim: 16,
        bucketSize: 64,
        numHashes: 4,
      });
    });
    for (const name of ["bridge", "bridge2"]) {
      const config = { filters: 256, cardinality: 8, width: 8 * 4 * 16 };
      expect(model.getLayer(name).getConfig()).toMatchObject(config);
    }
  });

  it("has an encoder of its own weight: more than half of the parameters, counted block by block", () => {
    const model = residualAttentionUnet({ inputShape: [32, 32, 1], numClasses: 4 });
    const block = (inputs: number, filters: number): number => {
      const width = 2 * filters;
      const convolutions = inputs * width + (9 * width * width) / 8 + width * filters;
      const projection = inputs === filters ? 0 : inputs * filters + 2 * filters;
      return convolutions + 2 * (width + width + filters) + projection;
    };
    let wanted = 9 * 16 + 2 * 16; // the stem
    [16, 32, 64, 128, 256].forEach((filters, level) => {
      wanted += block(level === 0 ? 16 : filters / 2, filters) + block(filters, filters);
    });
    const encoder = model.trainableWeights
      .filter(({ originalName }) => /^(stem|encoder|bridge)/.test(originalName))
      .reduce((n, { shape }) => n + shape.reduce<number>((m, size) => m * (size ?? 1), 1), 0);
    expect(encoder).toBe(wanted);
    expect(encoder / trained(model)).toBeGreaterThan(0.5);
  });

  it("takes the number of blocks level by level, the bridge last", () => {
    const model = ma({ ...small, blocks: [1, 3, 2], pathWidth: 5 });
    const blocks = [0, 1].map((level) => model.getLayer(`encoder${level}`).getConfig()["blocks"]);
    expect(blocks).toEqual([1, 3]);
    expect(model.getLayer("bridge2").getConfig()["width"]).toBe(8 * 5 * 4);
    expect(() => ma({ ...small, blocks: [1, 2] })).toThrow(
      /ma.blocks: expected an integer of at least 1, or 3 of them: .*, got \[1,2\]/,
    );
    expect(() => ma({ ...small, pathWidth: 0 })).toThrow(/pathWidth: expected an integer/);
  });

  it("attends at the levels that are named", () => {
    const args = { ...small, depth: 3, attentionLevels: [2] };
    const model = residualAttentionUnet(args);
    const attention = [0, 1, 2].map(
      (level) => model.getLayer(`decoder${level}`).getConfig()["attention"],
    );
    expect(attention).toEqual(["none", "none", "lsh"]);
    expect(() => residualAttentionUnet({ ...args, attentionLevels: [3] })).toThrow(
      "residualAttentionUnet.attentionLevels: expected levels from 0 to 2, got 3",
    );
  });

  it("has about 1.9 million parameters in unet", () => {
    const model = unet({ inputShape: [128, 128, 1], numClasses: 4 });
    expect(trained(model)).toBe(1_942_100);
  });

  it("is counted as the original, which has 31.03 million with 64 filters and biases", () => {
    const count = (filters: number, inputs: number): number => 9 * inputs * filters + filters;
    let wanted = 2 * 64 + 2; // the head, two classes
    [64, 128, 256, 512, 1024].forEach((filters, level) => {
      wanted += count(filters, level === 0 ? 1 : filters / 2) + count(filters, filters);
      if (level > 0) {
        wanted += 4 * filters * (filters / 2) + filters / 2; // 2x2 up
        wanted += count(filters / 2, filters) + count(filters / 2, filters / 2);
      }
    });
    expect(wanted).toBe(31_030_658);
    // A quarter of the filters, counted the same way, in a network that is quick to make.
    const args: UNetArgs = { inputShape: [16, 16, 1], numClasses: 2, normalization: "none" };
    const quarter = [16, 32, 64, 128, 256].reduce(
      (total, filters, level) => {
        const down = count(filters, level === 0 ? 1 : filters / 2) + count(filters, filters);
        const up =
          4 * filters * (filters / 2) +
          filters / 2 +
          count(filters / 2, filters) +
          count(filters / 2, filters / 2);
        return total + down + (level > 0 ? up : 0);
      },
      2 * 16 + 2,
    );
    expect(trained(unet(args))).toBe(quarter);
  });
});

describe("fcn8s", () => {
  it("gives probabilities for every pixel, at a reader's size", () => {
    const model = fcn8s({ inputShape: [37, 41, 1], numClasses: 3, filters: 4, denseFilters: 16 });
    expect(model.layers.slice(-2).map((layer) => layer.name)).toEqual(["logits", "softmax"]);
    tf.tidy(() => {
      const output = model.predict(tf.randomNormal([2, 37, 41, 1])) as tf.Tensor;
      expect(output.shape).toEqual([2, 37, 41, 3]);
    });
  });

  it("has the published 134 million parameters with 21 classes", () => {
    // By the layers' own shapes: half a gigabyte of weights would tell no more.
    const width = (divisor: number): number => {
      const args = { numClasses: 21, filters: 64 / divisor, denseFilters: 4096 / divisor } as const;
      return trained(fcn8s({ inputShape: [32, 32, 3], ...args }));
    };
    // Quadratic in the width, so three small ones fix it: p(w) = a w² + b w + c.
    const [p1, p2, p4] = [width(64), width(32), width(16)];
    const a = (p4 - 3 * p2 + 2 * p1) / 6;
    const b = p2 - p1 - 3 * a;
    const c = p1 - a - b;
    const full = a * 64 ** 2 + b * 64 + c;
    const vgg16 = 14_714_688;
    const dense = 7 * 7 * 512 * 4096 + 4096 + (4096 * 4096 + 4096);
    const scores = (4096 + 512 + 256) * 21 + 3 * 21 + 2 * 16 * 21 * 21;
    expect(full).toBe(vgg16 + dense + scores);
    expect(Math.floor(full / 1e6)).toBe(134);
  });
});

describe("r2unet", () => {
  it("is counted as the public implementation: 39.09 million with 64 filters and biases", () => {
    const p = (filters: number): number => {
      const model = r2unet({ inputShape: [16, 16, 3], numClasses: 2, filters });
      // Theirs has a bias in each convolution; ours where no batch norm takes it away again.
      const biases = model.trainableWeights
        .filter(({ originalName }) => originalName.endsWith("/beta"))
        .reduce((n, { shape }) => n + (shape[0] ?? 0), 0);
      const head = 2 * (filters + 1);
      const theirHead = filters + 1;
      return trained(model) + biases - head + theirHead;
    };
    // Quadratic in the width, so three small ones fix it: p(w) = a w² + b w + c.
    const [p2, p4, p8] = [2, 4, 8].map(p);
    const a = (p8 - 3 * p4 + 2 * p2) / 24;
    const b = (p4 - p2) / 2 - 6 * a;
    const c = p2 - 4 * a - 2 * b;
    expect(p(16)).toBe(a * 256 + b * 16 + c);
    expect(a * 64 ** 2 + b * 64 + c).toBe(39_091_393);
  });

  it("uses the same weights in every step", () => {
    const of = (steps: number): number => trained(r2unet({ ...small, steps }));
    expect(of(0)).toBe(of(3));
  });
});

describe("multiResUnet", () => {
  it("has the paper's 7,262,750 parameters", () => {
    const model = multiResUnet({ inputShape: [null, null, 3], numClasses: 2 });
    const features = 8 + 17 + 26;
    const head = 2 * (features + 1);
    // Theirs: one output, a convolution without bias and a batch norm without factor.
    const theirHead = features + 1 + 2;
    expect(model.countParams() - head + theirHead).toBe(7_262_750);
  });
});

describe("resnextUnet", () => {
  it("runs each layer once, so that a step updates running statistics once", () => {
    const model = resnextUnet({ inputShape: [33, 35, 3], numClasses: 3 });
    tf.tidy(() => {
      const x = tf.randomNormal([2, 33, 35, 3], 0, 1, "float32", 5);
      const stem = model.getLayer("stem");
      const weight = (end: string): tf.LayerVariable =>
        stem.weights.find(({ originalName }) => originalName.endsWith(end)) as tf.LayerVariable;
      const kernel = weight("conv1/kernel").read() as tf.Tensor4D;
      const border: [number, number] = [3, 3];
      const padded = tf.pad4d(x as tf.Tensor4D, [[0, 0], border, border, [0, 0]]);
      const mean = tf.mean(tf.conv2d(padded, kernel, 2, "valid"), [0, 1, 2]);
      model.apply(x, { training: true });
      // They start at 0 and keep 0.9: once gives a tenth of the batch's, twice 0.19 of it.
      const wanted = tf.mul(mean, 0.1).dataSync();
      expectClose(weight("norm1/moving_mean").read().dataSync(), wanted, 1e-4, "running mean");
    });
  });

  it.each(MODEL_NAMES)("and so does %s: no layer gives a model two outputs", (name) => {
    const size = { inputShape: [32, 32, 3], numClasses: 3 } as const;
    const model = modelByName(name, {
      ...size,
      ...modelSettings(name, { filters: 4, depth: 2, denseFilters: 8 }),
    });
    const used = new Map<string, Set<number>>();
    for (const layer of model.layers) {
      const { inboundLayers, tensorIndices } = layer.inboundNodes[0];
      inboundLayers.forEach((source, index) => {
        used.set(source.name, (used.get(source.name) ?? new Set()).add(tensorIndices[index]));
      });
    }
    const twice = [...used].filter(([, outputs]) => outputs.size > 1).map(([layer]) => layer);
    expect(twice).toEqual([]);
  });

  it("gives probabilities for every pixel, with torchvision's encoder", () => {
    const model = resnextUnet({ inputShape: [37, 41, 3], numClasses: 4 });
    tf.tidy(() => {
      const output = model.predict(tf.randomNormal([1, 37, 41, 3])) as tf.Tensor;
      expect(output.shape).toEqual([1, 37, 41, 4]);
    });
    const encoder = model.trainableWeights
      .filter(({ originalName }) => /^(stem|layer)/.test(originalName))
      .reduce((n, { shape }) => n + shape.reduce<number>((m, size) => m * (size ?? 1), 1), 0);
    expect(encoder).toBe(25_028_904 - 2048 * 1000 - 1000);
  });
});

describe("modelByName", () => {
  it("knows every model", () => {
    expect(MODEL_NAMES).toEqual([
      "unet",
      "residualAttentionUnet",
      "ma",
      "mr",
      "attentionUnet",
      "fcn8s",
      "resnextUnet",
      "efficientnetUnet",
      "r2unet",
      "multiResUnet",
    ]);
    expect(modelByName("mr", small).name).toBe("mr");
  });

  it.each(MODEL_NAMES)("refuses an argument that %s does not take", (name) => {
    const size = { inputShape: [32, 32, 1], numClasses: 3 } as const;
    const args = { ...size, filtres: 4 };
    expect(() => modelByName(name, args)).toThrow(
      `${name}.filtres: expected one of ${modelArguments(name).join(", ")}, got an unknown option`,
    );
    const other = name === "fcn8s" ? { depth: 3 } : { dropout: 0.5 };
    expect(() => modelByName(name, { ...size, ...other })).toThrow("got an unknown option");
  });

  it("refuses an argument of other models, which picking from shared settings leaves out", () => {
    expect(() => modelByName("unet", { ...small, cardinality: 4 })).toThrow("unet.cardinality");
    expect(() => modelByName("ma", { ...small, attentionLevels: [1] })).toThrow(
      "ma.attentionLevels",
    );
    const shared = { filters: 8, cardinality: 4, attentionLevels: [1], steps: 3 };
    expect(modelSettings("ma", shared)).toEqual({ filters: 8, cardinality: 4 });
    expect(modelSettings("resnextUnet", shared)).toEqual({});
  });

  it.each([0, 1.5, -1, NaN])("refuses a depth of %p", (depth) => {
    for (const name of ["unet", "r2unet", "multiResUnet"]) {
      expect(() => modelByName(name, { ...small, depth })).toThrow(
        `${name}.depth: expected an integer of at least 1, got ${depth}`,
      );
    }
  });

  it("says which names it knows", () => {
    expect(() => modelByName("vnet", small)).toThrow(/one of unet, .*multiResUnet, got "vnet"/);
    expect(() => modelByName("toString", small)).toThrow(/got "toString"/);
  });

  it("refuses arguments that make no sense", () => {
    expect(() => unet({ ...small, numClasses: 1 })).toThrow(
      "unet.numClasses: expected an integer of at least 2, got 1. The background is a class too.",
    );
    expect(() => unet({ ...small, inputShape: [8, 8] as never })).toThrow(
      "unet.inputShape: expected [height, width, channels], got [8, 8]",
    );
  });
});
