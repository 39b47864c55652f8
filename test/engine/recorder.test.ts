import * as tf from "@tensorflow/tfjs";
import { createRequire } from "node:module";
import { createRandom } from "../../src/core/random";
import { createOptimizer } from "../../src/core/optimizers";
import { nodeBackend } from "../../src/engine/binding";
import { dataType } from "../../src/engine/dtypes";
import { verifyGraph } from "../../src/engine/verifyGraph";
import type { GraphNode, RecordedFunction } from "../../src/engine/graph";
import { encodeSavedModel, nameNodes } from "../../src/engine/graphDef";
import { loadEngine } from "../../src/engine/load";
import { flatten } from "../../src/engine/nest";
import { lowerToBfloat16 } from "../../src/engine/passes/bfloat16";
import { prune } from "../../src/engine/passes/prune";
import { simplify } from "../../src/engine/passes/simplify";
import { createProgram } from "../../src/engine/program";
import { replay } from "../../src/engine/replay";
import { traceFunction } from "../../src/engine/trace";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import type { ModelName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";

loadEngine();

const random = createRandom(2);
const images = tf.tensor4d(
  Float32Array.from({ length: 2 * 20 * 12 }, () => random.normal()),
  [2, 20, 12, 1],
);
const labels = tf.zeros<tf.Rank.R3>([2, 20, 12], "int32");
const rate = tf.scalar(0.01);

function makeStep(name: ModelName) {
  const model = modelByName(name, {
    inputShape: [20, 12, 1],
    numClasses: 3,
    filters: 8,
    depth: 2,
    seed: 1,
  });
  const optimizer = createOptimizer({ name: "adam", learningRate: 0.01, clipNorm: 1 });
  return trainingStep(logitsModel(model), crossEntropy(), optimizer);
}

/** Runs every node that can run by itself and compares the shapes that were foretold. */
function wrongShapes(fn: RecordedFunction, variables: readonly tf.Variable[]): string[] {
  const { binding } = nodeBackend();
  const inputs = nodeBackend().getInputTensorIds([images, labels, rate]);
  const byShape = new Map(
    variables.map((variable) => [
      `${variable.dtype}${variable.shape.join()}`,
      nodeBackend().getInputTensorIds([variable])[0],
    ]),
  );
  const leaf = (node: number): number => {
    const position = fn.parameters.indexOf(node);
    if (position >= 0) return inputs[position];
    const { shape, dtype } = fn.nodes[node].outputs[0];
    const name = dtype === dataType.int32 ? "int32" : "float32";
    return byShape.get(`${name}${shape.join()}`) ?? -1;
  };
  const isStateful = ({ op }: GraphNode): boolean => /Resource|VariableOp|VarHandle/.test(op);
  const reachable = new Set<number>();
  fn.nodes.forEach((node, index) => {
    const ready = node.inputs.every((input) => reachable.has(input.node));
    if (node.op === "ReadVariableOp" || (ready && !isStateful(node))) reachable.add(index);
  });
  return [...reachable].flatMap((node) => {
    const { op, outputs } = fn.nodes[node];
    return outputs.flatMap(({ shape }, index) => {
      // The reserved outputs of a fused batch norm are scratch space without a set shape.
      if (op.startsWith("FusedBatchNorm") && index > 2) return [];
      const [id] = replay(fn.nodes, [{ node, index }], binding, leaf);
      // A reshape to the foretold shape fails where the count of elements is another.
      const got = nodeBackend().createOutputTensor({
        id,
        shape: [...shape],
        dtype: outputs[index].dtype,
      });
      const real = binding.executeOp(
        "Shape",
        [
          { name: "T", type: 4, value: outputs[index].dtype },
          { name: "out_type", type: 4, value: dataType.int32 },
        ],
        [id],
        1,
      )[0];
      const sizes = Array.from(binding.tensorDataSync(real.id));
      binding.deleteTensor(real.id);
      got.dispose();
      return sizes.join() === shape.join()
        ? []
        : [`${op}: foretold ${shape.join()}, got ${sizes.join()}`];
    });
  });
}

describe("the recorder", () => {
  it.each<[ModelName]>([["unet"], ["ma"]])("predicts every shape of a step of %s", (name) => {
    const trace = traceFunction("step", makeStep(name), flatten("step", [images, labels, rate]));
    const step = prune(simplify(trace.fn));
    expect(step.nodes.map(({ op }) => op)).toContain("Conv2DBackpropFilter");
    expect(wrongShapes(step, trace.variables)).toEqual([]);
  });

  it("leaves nothing behind: no tensors, no changed variables", () => {
    const step = makeStep("unet");
    const before = tf.memory();
    traceFunction("step", step, flatten("step", [images, labels, rate]));
    const after = tf.memory();
    expect(after.numTensors).toBe(before.numTensors);
    expect(after.numBytes).toBe(before.numBytes);
  });

  it("names the node where a pass leaves a graph that does not hold", () => {
    const { fn } = traceFunction("f", (x: tf.Tensor) => tf.relu(x), flatten("f", [images]));
    const broken = {
      ...fn,
      nodes: fn.nodes.map((node) => (node.op === "Relu" ? { ...node, inputs: [] } : node)),
    };
    expect(() => verifyGraph(broken, "a test")).toThrow(
      /f after a test, node \d+ \(Relu\): expected Relu of float32, got nothing/,
    );
  });

  it("writes what protobuf's own reader reads", () => {
    const { fn } = traceFunction(
      "f",
      (x: tf.Tensor) => tf.mul(tf.relu(x), -2.5),
      flatten("f", [images]),
    );
    const { nodes } = nameNodes(fn, "f");
    const messages = createRequire(__filename)(
      "@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js",
    ) as {
      SavedModel: {
        deserializeBinary(bytes: Uint8Array): {
          toObject(): {
            metaGraphsList: {
              graphDef: { nodeList: { name: string; op: string; inputList: string[] }[] };
            }[];
          };
        };
      };
    };
    const read = messages.SavedModel.deserializeBinary(encodeSavedModel(nodes)).toObject();
    const list = read.metaGraphsList[0].graphDef.nodeList;
    expect(list.map(({ op }) => op)).toEqual(nodes.map(({ op }) => op));
    expect(list.map(({ inputList }) => inputList)).toEqual(nodes.map(({ inputs }) => inputs));
  });
});

describe("passes", () => {
  it("merge what computes the same and drop what changes nothing", () => {
    const { fn } = traceFunction(
      "f",
      (x: tf.Tensor) =>
        tf.add(tf.reshape(tf.reshape(tf.exp(x), [-1]), [480]), tf.reshape(tf.exp(x), [480])),
      flatten("f", [images]),
    );
    const ops = prune(simplify(fn))
      .nodes.map(({ op }) => op)
      .filter((op) => op !== "Const");
    expect(ops).toEqual(["Placeholder", "Exp", "Reshape", "Add"]);
  });

  it("keep losses, statistics and weights in float32", () => {
    const trace = traceFunction("step", makeStep("unet"), flatten("step", [images, labels, rate]));
    const lowered = lowerToBfloat16(prune(simplify(trace.fn)));
    verifyGraph(lowered, "lowering");
    const typeOf = (op: string): Set<number> =>
      new Set(
        lowered.nodes
          .filter((node) => node.op === op)
          .flatMap(({ inputs }) =>
            inputs.map(({ node, index }) => lowered.nodes[node].outputs[index].dtype),
          ),
      );
    expect(typeOf("Conv2D")).toEqual(new Set([dataType.bfloat16]));
    // Of 8 channels too, which oneDNN normalises fast in float32 only.
    const normalized = lowered.nodes
      .filter(({ op }) => op === "FusedBatchNormV3")
      .map(({ inputs: [{ node, index }] }) => lowered.nodes[node].outputs[index]);
    expect(new Set(normalized.map(({ shape }) => shape[3]))).toEqual(new Set([8, 16, 32]));
    for (const { shape, dtype } of normalized) {
      expect(dtype).toBe(shape[3] % 16 === 0 ? dataType.bfloat16 : dataType.float32);
    }
    expect(typeOf("Relu")).toEqual(new Set([dataType.bfloat16, dataType.float32]));
    for (const op of ["Exp", "Log", "Sub", "RealDiv"]) {
      expect(typeOf(op)).toEqual(new Set([dataType.float32]));
    }
    expect(typeOf("ResourceApplyAdam")).toEqual(new Set([dataType.resource, dataType.float32]));
    const { node, index } = lowered.results[0];
    expect(lowered.nodes[node].outputs[index].dtype).toBe(dataType.float32);
  });
});

describe("a training of 1,000 steps", () => {
  it("leaks no tensor", () => {
    const w = tf.variable(tf.ones([7, 5]));
    const optimizer = createOptimizer({ name: "adam", learningRate: 0.01 });
    optimizer.build([w]);
    const step = createProgram().compile((x: tf.Tensor2D, lr: tf.Scalar) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean<tf.Scalar>(tf.square(tf.matMul(x, w as tf.Tensor2D))),
        [w],
      );
      optimizer.apply(grads, lr);
      return value;
    });
    const x = tf.ones<tf.Rank.R2>([3, 7]);
    step(x, rate).dispose();
    const tensors = tf.memory().numTensors;
    const handles = nodeBackend().binding.getNumOfTensors();
    for (let i = 0; i < 1000; i++) {
      step(x, rate).dispose();
      if (i % 100 === 0) w.dataSync();
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(nodeBackend().binding.getNumOfTensors()).toBeLessThanOrEqual(handles + 2);
  });
});
