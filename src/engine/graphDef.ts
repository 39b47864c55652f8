import { dataType } from "./dtypes";
import { nameFunctions, writeFunction } from "./functionDef";
import type { Attrs, RecordedFunction } from "./graph";
import { writeNode, writeShape } from "./nodeDef";
import type { NamedNode } from "./nodeDef";
import { ProtoWriter } from "./protobuf";

/** An input or output of a signature: the key that a caller uses, and its tensor. */
export interface SignatureTensor {
  readonly key: string;
  /** `"images:0"` */
  readonly tensor: string;
  readonly dtype: number;
  /** −1 for an unknown size. */
  readonly shape: readonly number[];
}

export interface Signature {
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

/** `GraphDef` version of TensorFlow 2.16, which all 2.x readers accept. */
const PRODUCER = 1645;

function writeSignatureTensor(proto: ProtoWriter, tensor: SignatureTensor): void {
  proto.string(1, tensor.key).message(2, (info) => {
    info.string(1, tensor.tensor).int(2, tensor.dtype);
    info.message(3, (shape) => writeShape(shape, tensor.shape));
  });
}

/** A `SavedModel` with one graph under the tag `serve`, as the bytes of `saved_model.pb`. */
export function encodeSavedModel(
  nodes: readonly NamedNode[],
  signatures: Readonly<Record<string, Signature>> = {},
): Uint8Array {
  const functions = nameFunctions(nodes);
  return new ProtoWriter()
    .int(1, 1)
    .message(2, (metaGraph) => {
      metaGraph.message(1, (info) => info.string(4, "serve").string(5, "2.16.0"));
      metaGraph.message(2, (graph) => {
        for (const node of nodes) graph.message(1, (inner) => writeNode(inner, node, functions));
        graph.message(2, (library) => {
          for (const [fn, name] of functions) {
            library.message(1, (inner) => writeFunction(inner, fn, name, functions));
          }
        });
        graph.message(4, (versions) => versions.int(1, PRODUCER));
      });
      for (const [name, { inputs, outputs }] of Object.entries(signatures)) {
        metaGraph.message(5, (entry) => {
          entry.string(1, name).message(2, (signature) => {
            for (const input of inputs) {
              signature.message(1, (inner) => writeSignatureTensor(inner, input));
            }
            for (const output of outputs) {
              signature.message(2, (inner) => writeSignatureTensor(inner, output));
            }
            signature.string(3, "tensorflow/serving/predict");
          });
        });
      }
    })
    .finish();
}

/** A recorded function with node names, including those that a caller feeds and fetches. */
export interface NamedFunction {
  readonly nodes: readonly NamedNode[];
  readonly parameters: readonly string[];
  /** Fetching any of them also runs the function's effects, so that it is a complete call. */
  readonly results: readonly string[];
  readonly done: string;
}

/**
 * Gives a function's nodes names that include the layer, `train/encoder1/conv/Conv2D_17`, so that
 * TensorFlow's messages and profiles show it.
 */
export function nameNodes(fn: RecordedFunction, scope: string): NamedFunction {
  const names = fn.nodes.map(({ op, layer }, index) => {
    const path = layer === null ? "" : `${layer.replace(/[^A-Za-z0-9_./-]/g, "_")}/`;
    return `${scope}/${path}${op}_${index}`;
  });
  const nodes: NamedNode[] = fn.nodes.map(({ op, inputs, controls, attrs }, index) => ({
    name: names[index],
    op,
    inputs: [
      ...inputs.map((ref) => `${names[ref.node]}:${ref.index}`),
      ...[...new Set(controls)].map((node) => `^${names[node]}`),
    ],
    attrs,
  }));
  const effects = fn.effects.map((node) => `^${names[node]}`);
  const results = fn.results.map(({ node, index }, i) => {
    const { dtype } = fn.nodes[node].outputs[index];
    const name = `${scope}/result_${i}`;
    const attrs: Attrs = { T: { kind: "type", value: dtype } };
    nodes.push({ name, op: "Identity", inputs: [`${names[node]}:${index}`, ...effects], attrs });
    return `${name}:0`;
  });
  const done = `${scope}/done`;
  nodes.push(doneNode(done, effects));
  return {
    nodes,
    parameters: fn.parameters.map((node) => `${names[node]}:0`),
    results,
    done: `${done}:0`,
  };
}

/** A constant that depends on control inputs: fetch it to run effects that have no result. */
export function doneNode(name: string, controls: readonly string[]): NamedNode {
  const value = { shape: [], dtype: dataType.int32, values: Int32Array.of(1), isSplat: true };
  return {
    name,
    op: "Const",
    inputs: controls,
    attrs: {
      dtype: { kind: "type", value: dataType.int32 },
      value: { kind: "tensor", value },
    },
  };
}
