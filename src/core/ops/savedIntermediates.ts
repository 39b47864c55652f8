import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";
import { isNestedGradient } from "../secondOrder";

type CustomGradient = Parameters<typeof tf.customGrad>[0];

interface TapeNode {
  readonly outputs: readonly tf.Tensor[];
}

/** The private members of tfjs' engine that this file uses. */
interface Engine {
  readonly state: { readonly activeTape: TapeNode[] };
  readonly constructor: { readonly nextTensorId: number };
  addTapeNode(
    name: string,
    inputs: Readonly<Record<number, tf.Tensor>>,
    outputs: readonly tf.Tensor[],
    gradient: () => never,
    saved: readonly tf.Tensor[],
    attrs: object,
  ): void;
  customGrad(f: CustomGradient): (...inputs: tf.Tensor[]) => tf.Tensor;
}

function throwUnsupported(): never {
  throw new ConfigError({
    where: "tf.grad",
    expected: "a gradient computed from an op's inputs and output",
    got: "a second-order gradient that needs tensors saved by tf.customGrad",
    remedy:
      "Compute them from the inputs in the gradient function, or use another op: instead of " +
      "tf.losses.softmaxCrossEntropy, layerbook's crossEntropy or sparseSoftmaxCrossEntropy.",
  });
}

/**
 * Makes tfjs reject a second-order gradient that would be silently wrong.
 *
 * Tensors that a custom gradient computes in its forward pass are not on the tape. If they are saved
 * for the backward pass, they count as constants when that gradient is differentiated: the second
 * derivative of `tf.losses.softmaxCrossEntropy` came out as 0. This records each such tensor on the
 * tape as an op of the inputs whose gradient throws, so that only wrong results are rejected. Called
 * once, when this file is imported.
 */
function guardIntermediates(): void {
  const engine = tf.engine() as unknown as Engine;
  const customGrad = engine.customGrad.bind(engine);

  /** Puts a tensor on the tape, and returns its node there. */
  const register = (inputs: readonly tf.Tensor[], tensor: tf.Tensor): TapeNode => {
    engine.addTapeNode("saved", { ...inputs }, [tensor], throwUnsupported, [], {});
    return engine.state.activeTape[engine.state.activeTape.length - 1];
  };

  engine.customGrad = (f) =>
    customGrad((...args) => {
      if (!isNestedGradient()) return f(...args);
      const inputs = args.slice(0, -1) as tf.Tensor[];
      const save = args[args.length - 1] as tf.GradSaveFunc;
      const { nextTensorId } = engine.constructor;
      const registered: TapeNode[] = [];
      const result = f(...inputs, (tensors: tf.Tensor[]) => {
        const made = tensors.filter(({ id, dtype }) => id >= nextTensorId && dtype === "float32");
        registered.push(...made.map((tensor) => register(inputs, tensor)));
        save(tensors);
      });
      // The output is already on the tape.
      const ofOutput = registered.find(({ outputs }) => outputs[0] === result.value);
      if (ofOutput !== undefined) {
        const { activeTape } = engine.state;
        activeTape.splice(activeTape.indexOf(ofOutput), 1);
      }
      return result;
    });
}

guardIntermediates();
