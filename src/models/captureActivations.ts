import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { nearestName } from "../core/unknownOptions";
import { CompositeLayer } from "../layers/support/CompositeLayer";

/** The inputs and outputs of a layer's most recent call. */
export interface LayerCall {
  readonly inputs: tf.Tensor[];
  readonly outputs: tf.Tensor[];
}

function childrenOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  if (layer instanceof tf.LayersModel) return layer.layers;
  return layer instanceof CompositeLayer ? layer.sublayers : [];
}

/**
 * The layers of a model by path, those inside blocks and inside models too: a layer `attention`
 * inside of the block `decoder0` is `"decoder0/attention"`.
 *
 * @example
 * const model = attentionUnet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * [...layerPaths(model).keys()].includes("decoder0/gate/convPsi"); // true
 */
export function layerPaths(model: tf.LayersModel): ReadonlyMap<string, tf.layers.Layer> {
  const paths = new Map<string, tf.layers.Layer>();
  const visit = (layers: readonly tf.layers.Layer[], prefix: string): void => {
    for (const layer of layers) {
      const path = `${prefix}${layer.name}`;
      paths.set(path, layer);
      visit(childrenOf(layer), `${path}/`);
    }
  };
  visit(model.layers, "");
  return paths;
}

/**
 * Runs a model in inference mode and keeps the inputs and outputs of the layers at these paths. The
 * caller disposes of the tensors.
 *
 * @throws ConfigError for a path that the model does not have; ShapeError for images of another shape than it takes
 */
export function captureCalls(
  model: tf.LayersModel,
  paths: readonly string[],
  images: tf.Tensor | tf.Tensor[],
): Record<string, LayerCall> {
  expectInputs(model, images);
  const known = layerPaths(model);
  const layers = paths.map((path) => ({ path, layer: layerAt(model, known, path) }));
  const calls = new Map<string, LayerCall>();
  const restore = layers.map(({ path, layer }) =>
    watch(layer, (call) => {
      // For a layer that runs several times, such as a recurrent one, keep the last call.
      const before = calls.get(path);
      if (before !== undefined) tf.dispose([...before.inputs, ...before.outputs]);
      calls.set(path, call);
    }),
  );
  try {
    tf.tidy(() => void model.apply(images, { training: false }));
  } catch (error) {
    for (const { inputs, outputs } of calls.values()) tf.dispose([...inputs, ...outputs]);
    throw error;
  } finally {
    for (const undo of restore) undo();
  }
  return Object.fromEntries(calls);
}

/** tfjs itself would run most models on images of another size. */
function expectInputs(model: tf.LayersModel, images: tf.Tensor | tf.Tensor[]): void {
  [images].flat().forEach(({ shape }, index) => {
    const wanted = model.inputs[index]?.shape ?? [];
    const fits =
      shape.length === wanted.length &&
      wanted.every((size, axis) => size === null || size === shape[axis]);
    if (fits) return;
    throw new ShapeError({
      where: `captureActivations("${model.name}")`,
      expected: `images of ${formatShape(wanted)}`,
      got: formatShape(shape),
    });
  });
}

/**
 * The outputs of any layers of a model for some images, layers inside of blocks included: one forward
 * pass in inference mode (no dropout, batch norm with running statistics).
 *
 * A layer with several outputs gives the first; a layer that runs several times gives the last run.
 *
 * @param paths as {@link layerPaths} lists them, e.g. `"decoder0/attention"`
 * @param images what the model takes, `[batch, height, width, channels]`
 * @returns a tensor per path, to be disposed of by the caller
 * @throws ConfigError for a path that the model does not have; ShapeError for images of another shape than it takes
 * @example
 * const model = attentionUnet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * const found = captureActivations(model, ["bridge", "decoder0/gate"], tf.zeros([1, 8, 8, 1]));
 * [found["bridge"].shape, found["decoder0/gate"].shape]; // [[1, 4, 4, 8], [1, 8, 8, 4]]
 */
export function captureActivations(
  model: tf.LayersModel,
  paths: readonly string[],
  images: tf.Tensor | tf.Tensor[],
): Record<string, tf.Tensor> {
  const calls = captureCalls(model, paths, images);
  return Object.fromEntries(
    Object.entries(calls).map(([path, { inputs, outputs }]) => {
      tf.dispose([...inputs, ...outputs.slice(1)]);
      return [path, outputs[0]];
    }),
  );
}

function layerAt(
  model: tf.LayersModel,
  known: ReadonlyMap<string, tf.layers.Layer>,
  path: string,
): tf.layers.Layer {
  const layer = known.get(path);
  if (layer !== undefined) return layer;
  const depthOf = (candidate: string): number => candidate.split("/").length;
  const asDeep = [...known.keys()].filter((candidate) => depthOf(candidate) === depthOf(path));
  const nearest = nearestName(path, asDeep);
  throw new ConfigError({
    where: `captureActivations("${model.name}")`,
    expected: "the path of a layer, as layerPaths(model) lists them",
    got: `"${path}"`,
    ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
  });
}

const listOf = (tensors: tf.Tensor | tf.Tensor[]): tf.Tensor[] =>
  Array.isArray(tensors) ? tensors : [tensors];

/** Makes a layer report each call until the returned function is called. */
function watch(layer: tf.layers.Layer, report: (call: LayerCall) => void): () => void {
  const keep = (tensors: tf.Tensor | tf.Tensor[]): tf.Tensor[] =>
    listOf(tensors).map((tensor) => tf.keep(tensor.clone()));
  const original = layer.call.bind(layer);
  // An instance property shadows the class's method and can be deleted again.
  layer.call = (inputs, options) => {
    const outputs = original(inputs, options);
    report({ inputs: keep(inputs), outputs: keep(outputs) });
    return outputs;
  };
  return () => {
    delete (layer as Partial<Pick<tf.layers.Layer, "call">>).call;
  };
}
