import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { loadEngine } from "../../src/engine/load";
import { compile } from "../../src/engine/program";
import { expectClose } from "./close";
import {
  differentiate,
  jitterWeights,
  makeInputs,
  outcomeOf,
  singleOr,
  toList,
} from "./differentiate";
import type { Differentiate, Outcome } from "./differentiate";

/** The expected properties of a layer; see {@link checkLayer}. */
export interface LayerContract<A extends object> {
  /** The constructor's arguments, none at its default. */
  readonly args: A;
  /** Input shapes, including the batch; distinct primes, so that a swapped axis cannot pass. */
  readonly inputs: readonly (readonly number[])[];
  /** The output's shape, or the outputs' shapes. */
  readonly output: readonly number[] | readonly (readonly number[])[];
  /** Number of weights, trained or not. */
  readonly weights: number;
  /** Suffixes of the names of trained weights whose gradient is zero by design, with reasons. */
  readonly zeroGradients?: Readonly<Record<string, string>>;
  /** Call options other than `training`, e.g. a mask. */
  readonly callOptions?: Readonly<Record<string, unknown>>;
  /** The layer is random in training: its two forms are compared only outside training. */
  readonly isRandomInTraining?: boolean;
}

type LayerClass<A extends object> = {
  new (args: A): tf.layers.Layer;
  className: string;
};

function expectSameOutcome(actual: Outcome, expected: Outcome, zeros: readonly string[]): void {
  expected.outputs.forEach((values, index) => {
    expectClose(actual.outputs[index], values, 1e-4, `output ${index}`);
  });
  expect([...actual.gradients.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
  for (const [name, values] of expected.gradients) {
    if (zeros.some((end) => name.endsWith(end))) continue;
    expectClose(actual.gradients.get(name) as Float32Array, values, 1e-3, `gradient of ${name}`);
  }
}

/**
 * The contract of every layer, as a block of tests: shapes and weights as declared; unknown arguments
 * rejected, and so are call options with symbolic inputs; saved and restored inside a model with the same
 * constructor arguments and output; a finite gradient to every weight and input, not zero unless listed; no
 * leaked tensor; the composite form on TensorFlow, the recorded graph and tfjs' JavaScript backend equal to
 * the native form.
 */
export function checkLayer<A extends object>(
  Layer: LayerClass<A>,
  contract: LayerContract<A>,
): void {
  const { args, inputs: shapes, callOptions = {} } = contract;
  const training = { ...callOptions, training: contract.isRandomInTraining !== true };
  const zeroGradients = Object.keys(contract.zeroGradients ?? {});
  const symbolic = (): tf.SymbolicTensor[] =>
    shapes.map((shape) => tf.input({ batchShape: [null, ...shape.slice(1)] }));
  const built = (): tf.layers.Layer => {
    const layer = new Layer({ ...args, name: "checked" });
    layer.apply(singleOr(symbolic()));
    jitterWeights(layer);
    return layer;
  };
  const outputShapes = (
    Array.isArray(contract.output[0]) ? contract.output : [contract.output]
  ) as number[][];

  describe(`${Layer.className} keeps the layers' contract`, () => {
    beforeAll(async () => {
      loadEngine();
      await tf.ready();
    });

    it("has the declared shapes and weights", () => {
      const layer = built();
      expect(layer.weights).toHaveLength(contract.weights);
      const names = layer.weights.map((weight) => weight.originalName);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name.startsWith("checked/")).toBe(true);
      const declared = toList(layer.apply(singleOr(symbolic()))) as tf.SymbolicTensor[];
      expect(declared.map((tensor) => tensor.shape.slice(1))).toEqual(
        outputShapes.map((shape) => shape.slice(1)),
      );
      tf.tidy(() => {
        const outputs = toList(layer.apply(singleOr(makeInputs(shapes)), { ...callOptions }));
        expect((outputs as tf.Tensor[]).map((output) => output.shape)).toEqual(outputShapes);
      });
    });

    it("is restored by a saved model with its constructor's arguments", async () => {
      const layer = built();
      const sources = symbolic();
      const model = tf.model({
        inputs: sources,
        outputs: layer.apply(singleOr(sources)) as tf.SymbolicTensor,
      });
      let artifacts: tf.io.ModelArtifacts = {};
      await model.save(
        tf.io.withSaveHandler((saved) => {
          artifacts = saved;
          const info = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
          return Promise.resolve({ modelArtifactsInfo: info });
        }),
      );
      artifacts.modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology)) as object;
      const revivedModel = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
      const revived = revivedModel.getLayer("checked");
      expect(revived).toBeInstanceOf(Layer);
      expect(revived.getConfig()).toMatchObject(args);
      expect(revived.getConfig()).toEqual(layer.getConfig());
      tf.tidy(() => {
        const given = makeInputs(shapes);
        const wanted = toList(model.predict(singleOr(given)));
        const got = toList(revivedModel.predict(singleOr(given)));
        wanted.forEach((tensor, index) => {
          expect(got[index].dataSync()).toEqual(tensor.dataSync());
        });
      });
    });

    it("registers twice without error", () => {
      expect(() => tf.serialization.registerClass(Layer as never)).not.toThrow();
    });

    it("refuses an argument that it does not know, and call options in a model", () => {
      const unknown = { ...args, notAnArgument: 1 };
      expect(() => new Layer(unknown)).toThrow(/notAnArgument: expected .*, got an unknown option/);
      const layer = new Layer({ ...args, name: "checked" });
      expect(() => layer.apply(singleOr(symbolic()), { training: true })).toThrow(
        /expected no call options with symbolic inputs, got training/,
      );
    });

    it("gives every weight and input a finite gradient, not zero unless listed", () => {
      const layer = built();
      const inputs = makeInputs(shapes);
      const { gradients } = outcomeOf(layer, inputs, { ...callOptions, training: true });
      const wanted = layer.trainableWeights.map((weight) => weight.originalName);
      expect([...gradients.keys()].filter((name) => !name.startsWith("input"))).toEqual(wanted);
      for (const [name, values] of gradients) {
        expect(values.every(Number.isFinite)).toBe(true);
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (zeroGradients.some((end) => name.endsWith(end))) expect(largest).toBeLessThan(1e-3);
        else expect([name, largest > 1e-6]).toEqual([name, true]);
      }
    });

    it("leaks no tensor", () => {
      const layer = built();
      const inputs = makeInputs(shapes);
      outcomeOf(layer, inputs, { ...callOptions, training: true });
      const before = tf.memory().numTensors;
      outcomeOf(layer, inputs, { ...callOptions, training: true });
      for (const isTraining of [true, false]) {
        tf.dispose(
          layer.apply(singleOr(inputs), { ...callOptions, training: isTraining }) as tf.Tensor,
        );
      }
      expect(tf.memory().numTensors).toBe(before);
    });

    it("is the same in its composite form", () => {
      const layer = built();
      const inputs = makeInputs(shapes);
      const native = outcomeOf(layer, inputs, training);
      expectSameOutcome(
        withCompositeOps(() => outcomeOf(layer, inputs, training)),
        native,
        zeroGradients,
      );
    });

    it("is the same as a recorded graph", () => {
      const layer = built();
      const inputs = makeInputs(shapes);
      const options = { ...callOptions, training: true };
      const eager = outcomeOf(layer, inputs, options);
      const step = compile((...given: tf.Tensor[]) => differentiate(layer, given, options), {
        name: Layer.className,
        log: () => undefined,
      });
      const traced: Differentiate = (_layer, given) => step(...given);
      expectSameOutcome(outcomeOf(layer, inputs, options, traced), eager, zeroGradients);
      // The second call runs the graph with state restored by tfjs.
      expectSameOutcome(outcomeOf(layer, inputs, options, traced), eager, zeroGradients);
    });

    it("is the same on tfjs' JavaScript backend", async () => {
      const layer = built();
      const native = outcomeOf(layer, makeInputs(shapes), training);
      const weights = layer.getWeights().map((weight) => [weight.dataSync(), weight] as const);
      const backend = tf.getBackend();
      await tf.setBackend("cpu");
      try {
        const other = new Layer({ ...args, name: "checked" });
        other.apply(singleOr(symbolic()));
        other.setWeights(
          weights.map(([values, { shape, dtype }]) => tf.tensor(values, shape, dtype)),
        );
        expectSameOutcome(outcomeOf(other, makeInputs(shapes), training), native, zeroGradients);
      } finally {
        await tf.setBackend(backend);
      }
    });
  });
}
