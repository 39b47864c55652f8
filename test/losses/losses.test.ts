import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { loadEngine } from "../../src/engine/load";
import {
  LOSS_NAMES,
  crossEntropy,
  diceCrossEntropy,
  diceLoss,
  focalLoss,
  generalisedDiceLoss,
  lossByName,
  tverskyLoss,
} from "../../src/losses";
import type { CommonLossOptions, PredictionKind, SegmentationLoss } from "../../src/losses";
import golden from "../golden/losses.json";

type Factory = (options: CommonLossOptions) => SegmentationLoss<PredictionKind>;
const factories: Record<string, Factory> = {
  crossEntropy,
  diceLoss,
  diceCrossEntropy,
  focalLoss,
  generalisedDiceLoss,
  tverskyLoss,
};

beforeAll(() => {
  loadEngine();
});

function goldenInputs(labels: "labels" | "ignored"): { yTrue: tf.Tensor; logits: tf.Tensor } {
  const space = golden.shape.slice(0, -1);
  return {
    yTrue: tf.tensor(golden[labels], space, "int32"),
    logits: tf.tensor(golden.logits, golden.shape),
  };
}

/** The largest difference, relative to the largest expected value. */
function relativeDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale;
}

describe.each(["native", "composite"])("losses equal torch and MONAI: %s ops", (form) => {
  it.each(golden.cases)("$name", (row) => {
    const loss = factories[row.factory](row.options);
    const { yTrue, logits } = goldenInputs(row.labels as "labels" | "ignored");
    const prediction = row.isProbabilities ? tf.softmax(logits) : logits;
    const mask = row.isMasked ? tf.tensor(golden.mask, golden.shape.slice(0, -1)) : undefined;
    const run = (): { value: tf.Tensor; grad: tf.Tensor } =>
      tf.valueAndGrad((x) => loss(yTrue, x, mask))(prediction);
    const { value, grad } = form === "native" ? run() : withCompositeOps(run);
    expect(loss.from).toBe(row.isProbabilities ? "probabilities" : "logits");
    expect(Math.abs((value.dataSync()[0] ?? NaN) / row.value - 1)).toBeLessThan(1e-5);
    expect(relativeDifference(grad.dataSync(), row.gradient)).toBeLessThan(1e-4);
  });
});

describe("losses refuse", () => {
  it.each(LOSS_NAMES.map((name) => [name]))(
    "one channel, whose softmax is always 1: %s",
    (name) => {
      const labels = tf.zeros([2, 3], "int32");
      expect(() => lossByName(name)(labels, tf.zeros([2, 3, 1]))).toThrow(
        /prediction: expected \[batch, \.\.\.space, classes\] with at least 2 classes, got \[2, 3, 1\]/,
      );
    },
  );

  it("options that are no object, and names that are no text", () => {
    expect(() => crossEntropy("logits" as never)).toThrow(/expected an object of options, got "l/);
    expect(() => lossByName({ name: "dice" } as never)).toThrow(/one of crossEntropy.*got object/);
  });
});

describe("losses take labels in every form", () => {
  const [batch, height, width, classes] = golden.shape as [number, number, number, number];
  const voxels = height * width;
  const isPerVoxel = ({ factory }: { factory: string }): boolean =>
    factory === "crossEntropy" || factory === "focalLoss";
  const spaces: [string, number[]][] = [
    ["flat", [batch, voxels]],
    ["an image", [batch, height, width]],
    ["a volume", [batch, height, 1, width]],
    ["rows", [batch * voxels]],
  ];
  const forms = ["indices", "a column of indices", "one-hot"] as const;

  it.each(
    spaces.flatMap(([kind, space]) =>
      forms.flatMap((form) =>
        golden.cases
          .filter((row) => kind !== "rows" || isPerVoxel(row))
          .map((row) => ({ ...row, kind, space, form, name: `${row.name}: ${kind}, ${form}` })),
      ),
    ),
  )("$name", ({ space, form, ...row }) => {
    const given = goldenInputs(row.labels as "labels" | "ignored");
    const logits = tf.reshape(given.logits, [...space, classes]);
    const indices = tf.reshape(given.yTrue, space);
    const labels = {
      indices,
      "a column of indices": tf.expandDims(indices, -1),
      // An ignored voxel's row is all 0.
      "one-hot": tf.reshape(tf.oneHot(tf.reshape(indices, [-1]), classes), [...space, classes]),
    }[form];
    const { ignoreLabel, ...options } = row.options as { ignoreLabel?: number };
    const ignored = ignoreLabel === undefined ? {} : { ignoreIndex: ignoreLabel };
    const loss = factories[row.factory]({ ...options, ...ignored });
    const prediction = row.isProbabilities ? tf.softmax(logits) : logits;
    const mask = row.isMasked ? tf.tensor(golden.mask, space) : undefined;
    const { value, grad } = tf.valueAndGrad((x) => loss(labels, x, mask))(prediction);
    expect(Math.abs((value.dataSync()[0] ?? NaN) / row.value - 1)).toBeLessThan(1e-5);
    expect(relativeDifference(grad.dataSync(), row.gradient)).toBeLessThan(1e-4);
  });

  it.each(LOSS_NAMES)("%s ignores a class of one-hot labels as it does one of indices", (name) => {
    const { logits } = goldenInputs("labels");
    const { yTrue } = goldenInputs("labels");
    const oneHot = tf.reshape(tf.oneHot(tf.reshape(yTrue, [-1]), classes), golden.shape);
    const loss = lossByName(name, { ignoreIndex: 2 });
    const [wanted, got] = [yTrue, oneHot].map((labels) => loss(labels, logits).dataSync()[0]);
    expect(got).toBeCloseTo(wanted, 6);
  });
});

describe.each(LOSS_NAMES)("%s", (name) => {
  const loss = lossByName(name);
  const labels = (): tf.Tensor => tf.tensor([0, 1, 2, 2, 1, 0], [1, 2, 3], "int32");
  const scores = [2, -1, 0, 0, 1, 3, -2, 0, 1, 1, 1, 2, 0, 3, 1, -1, 2, 1];
  const logits = (): tf.Tensor => tf.tensor(scores, [1, 2, 3, 3]);

  it("is near 0 for a sure and right answer, and more for a wrong one", () => {
    const right = tf.mul(tf.oneHot(labels().toInt(), 3).toFloat(), 40);
    const wrong = tf.reverse(right, 2);
    const [good, bad] = [loss(labels(), right), loss(labels(), wrong)].map(
      (value) => value.dataSync()[0] ?? NaN,
    );
    expect(good).toBeLessThan(1e-4);
    expect(bad).toBeGreaterThan(0.2);
  });

  it("gives ignored and masked voxels no weight and no gradient", () => {
    const ignoring = lossByName(name, { ignoreLabel: 2 });
    const mask = tf.tensor([1, 1, 0, 0, 1, 1], [1, 2, 3]);
    const moved = tf.tensor(
      scores.map((score, i) => (i >= 6 && i < 12 ? -score * 3 : score)),
      [1, 2, 3, 3],
    );
    const values = [
      ignoring(labels(), logits()),
      ignoring(labels(), moved),
      loss(labels(), logits(), mask),
      loss(labels(), moved, mask),
    ].map((value) => value.dataSync()[0] ?? NaN);
    for (const value of values) expect(value).toBeCloseTo(values[0] ?? NaN, 6);
    const gradient = tf
      .grad((x) => ignoring(labels(), x))(logits())
      .dataSync();
    expect(gradient.slice(6, 12).every((value) => value === 0)).toBe(true);
    expect(gradient.some((value) => value !== 0)).toBe(true);
  });

  it("stays finite where nothing counts, at extreme scores, and for an absent class", () => {
    const nothing = tf.zeros([1, 2, 3]);
    const extreme = tf.mul(logits(), 1e4);
    const oneClass = tf.zeros([1, 2, 3], "int32");
    for (const [yTrue, yPred, mask] of [
      [labels(), logits(), nothing],
      [labels(), extreme, undefined],
      [oneClass, logits(), undefined],
    ] as const) {
      const { value, grad } = tf.valueAndGrad((x) => loss(yTrue, x, mask))(yPred);
      const all = [...value.dataSync(), ...grad.dataSync()];
      expect(all.filter((entry) => !Number.isFinite(entry))).toEqual([]);
    }
  });

  it("does not change its scale with the scale of class weights", () => {
    const [once, tenfold] = [1, 10].map((scale) =>
      lossByName(name, { classWeights: [scale, 2 * scale, 3 * scale] })(labels(), logits()),
    );
    expect(once?.dataSync()[0]).toBeCloseTo(tenfold?.dataSync()[0] ?? NaN, 5);
  });

  it("takes volumes as it takes slices", () => {
    const flat = loss(labels(), logits()).dataSync()[0] ?? NaN;
    const deep = loss(labels().reshape([1, 1, 2, 3]), logits().reshape([1, 1, 2, 3, 3]));
    expect(deep.dataSync()[0]).toBeCloseTo(flat, 6);
  });

  it("leaves no tensor behind", () => {
    const [yTrue, yPred] = [labels(), logits()];
    const before = tf.memory().numTensors;
    loss(yTrue, yPred).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("states wanted and got", () => {
    expect(() => loss(tf.zeros([1, 2, 4], "int32"), logits())).toThrow(
      /labels: expected \[1, 2, 3\], got \[1, 2, 4\]/,
    );
    expect(() => loss(labels(), logits(), tf.ones([2, 3]))).toThrow(
      /mask: expected \[1, 2, 3\], got \[2, 3\]/,
    );
    expect(() => lossByName(name, { classWeights: [1, 2] })(labels(), logits())).toThrow(
      /classWeights: expected 3 weights, one per class, got 2/,
    );
    expect(() => lossByName(name, { classWeights: [1, -2, 0] })).toThrow(
      /finite numbers of at least 0/,
    );
    expect(() => lossByName(name, { ignoreLabel: 0.5 })).toThrow(/an integer label/);
    expect(() => lossByName(name, { ignoreIndex: 0.5 })).toThrow(/ignoreIndex: .*integer label/);
    expect(() => lossByName(name, { ignoreIndex: 1, ignoreLabel: 2 })).toThrow(/as ignoreLabel/);
    expect(() => lossByName(name, { ignoreIndx: 1 } as never)).toThrow(
      /Did you mean "ignoreIndex"/,
    );
    expect(() => lossByName(name, { from: "scores" } as never)).toThrow(
      /from: expected "logits" or "probabilities", got "scores"/,
    );
    expect(() => lossByName(name, { epsilon: 1e-3 } as never)).toThrow(/epsilon: .*unknown option/);
  });
});

it("lossByName lists what it knows", () => {
  expect(() => lossByName("hinge")).toThrow(/expected one of crossEntropy, dice, .*, got hinge/);
});

it("focal loss at gamma 0 is cross-entropy", () => {
  const { yTrue, logits } = goldenInputs("labels");
  const values = [focalLoss({ gamma: 0 }), crossEntropy()].map((loss) => loss(yTrue, logits));
  expect(values[0]?.dataSync()[0]).toBeCloseTo(values[1]?.dataSync()[0] ?? NaN, 6);
});
