import * as tf from "@tensorflow/tfjs";
import { isNestedGradient } from "../secondOrder";

interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
}

/** The private members of tfjs' engine that this file uses. */
interface Tape {
  readonly state: { readonly activeTape: TapeNode[] | null };
  addTapeNode(...args: readonly unknown[]): void;
}

/**
 * Moves the copies of an op's outputs after the op on tfjs' tape.
 *
 * Ops such as exp, sigmoid, tanh and softmax save their output for their gradient. tfjs records that
 * copy on the tape before the op that makes the output, so a second-order gradient treats it as a
 * constant: that of `x * exp(x)` is silently wrong. Called once, when this file is imported.
 */
function orderSavedOutputs(): void {
  const engine = tf.engine() as unknown as Tape;
  const add = engine.addTapeNode.bind(engine);
  engine.addTapeNode = (...args) => {
    add(...args);
    const { activeTape } = engine.state;
    if (activeTape === null || !isNestedGradient()) return;
    const node = activeTape[activeTape.length - 1];
    const made = new Set(node.outputs.map(({ id }) => id));
    const readsOutput = ({ inputs }: TapeNode): boolean =>
      Object.values(inputs).some(({ id }) => made.has(id));
    let first = activeTape.length - 1;
    // The copies are consecutive; copies of inputs may be among them.
    while (first > 0 && Object.keys(activeTape[first - 1].inputs).join() === "x") first--;
    const copies = activeTape.slice(first, -1).filter(readsOutput);
    if (copies.length === 0) return;
    const others = activeTape.slice(first, -1).filter((each) => !copies.includes(each));
    activeTape.splice(first, activeTape.length - first, ...others, node, ...copies);
  };
}

orderSavedOutputs();
