import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "./errors";
import { recurrentLayers } from "./recurrentLayers";
import { formatShape } from "./shapes";

type States = tf.Tensor | readonly tf.Tensor[] | null | undefined;

/** Private members of a tfjs recurrent layer with `stateful: true`. */
interface StatefulLayer {
  readonly name: string;
  /** Created when the layer is built; `null` before. */
  states_: readonly tf.Tensor[];
  /** States of earlier training calls, until they are reset. */
  keptStates: readonly (readonly tf.Tensor[])[];
  resetStates: (states?: States) => void;
  disposeWeights: () => number;
}

let count = 0;
const variablesOf = new WeakMap<tf.layers.Layer, readonly tf.Variable[]>();

/**
 * The states that a built recurrent layer with `stateful: true` starts its next call from, as
 * variables `[batch, units]` that a recorded function can read and write.
 *
 * tfjs makes new tensors for the states of each call. After this call the layer stores them in these
 * variables, in eager calls too; `resetStates()`, `resetStates(states)` and `layer.states` work as
 * before.
 */
export function recurrentStates(of: tf.layers.Layer): readonly tf.Variable[] {
  const known = variablesOf.get(of);
  if (known !== undefined) return known;
  const layer = of as unknown as StatefulLayer;
  const before = layer.states_;
  const variables = tf.tidy(() =>
    before.map((state) =>
      tf.variable(tf.tensor(state.dataSync(), state.shape), false, nameFor(layer)),
    ),
  );
  tf.dispose([before, layer.keptStates] as unknown as tf.TensorContainer);
  layer.keptStates = [];
  const assign = (states: readonly tf.Tensor[]): void => {
    expectShapes(layer.name, variables, states);
    variables.forEach((variable, index) => void variable.assign(states[index]));
  };
  Object.defineProperty(layer, "states_", { get: () => variables, set: assign });
  layer.resetStates = (states) =>
    void tf.tidy(() => assign(listOf(states) ?? variables.map(({ shape }) => tf.zeros(shape))));
  const disposeWeights = layer.disposeWeights.bind(layer);
  layer.disposeWeights = () => {
    for (const variable of variables) variable.dispose();
    return variables.length + disposeWeights();
  };
  variablesOf.set(of, variables);
  return variables;
}

/**
 * The states of a model's recurrent layers with `stateful: true`, in the layers' order, for a
 * checkpoint.
 */
export function recurrentStateVariables(model: tf.LayersModel): tf.Variable[] {
  return recurrentLayers(model)
    .filter((layer) => layer.stateful && isBuilt(layer))
    .flatMap((layer) => recurrentStates(layer));
}

/** The inner layers of Bidirectional have states although their `built` is false. */
function isBuilt(layer: tf.layers.Layer): boolean {
  return (layer as unknown as Partial<StatefulLayer>).states_?.length !== undefined;
}

/** Variable names are unique in a process, layer names are not. */
function nameFor({ name }: StatefulLayer): string {
  return `${name}/state_${++count}`;
}

function listOf(states: States): readonly tf.Tensor[] | null {
  if (states === null || states === undefined) return null;
  return states instanceof tf.Tensor ? [states] : states;
}

function expectShapes(
  layer: string,
  variables: readonly tf.Variable[],
  states: readonly tf.Tensor[],
): void {
  const [wanted, got] = [variables, states].map((list) =>
    list.map(({ shape }) => formatShape(shape)).join(", "),
  );
  if (wanted === got) return;
  throw new ShapeError({
    where: `layer "${layer}".resetStates`,
    expected: `states of shape ${wanted}`,
    got: got === "" ? "none" : got,
  });
}
