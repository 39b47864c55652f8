import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { explainLayerError } from "../core/layerErrors";
import { recordRecurrence, recurrentPrototype } from "./recurrent";
import type { TraceContext } from "./traceContext";
import { SEEDED_REMEDY } from "./unrecordable";

/**
 * A plain value that is constant in a recorded step, such as a tfjs learning rate or a `trainable`
 * flag.
 */
export interface WatchedValue {
  /** For the log: `SGDOptimizer.learningRate`. */
  readonly label: string;
  readonly value: number | boolean;
  readonly read: () => number | boolean;
}

/** The guards' observations during a trace. */
export interface TraceGuards {
  /** Values that the trace depends on; the function is recorded again when one changes. */
  readonly watched: readonly WatchedValue[];
  /** Optimizers that count their steps, listed once for each step. */
  readonly stepped: readonly tf.Optimizer[];
  /** Removes the guards. */
  remove(): void;
}

/** Called for each variable that is created during a trace. */
export type OnVariable = (variable: tf.Variable) => void;

type Undo = () => void;

/** The methods of tfjs-node's backend that the guards intercept. */
interface Backend {
  read(dataId: object): Promise<unknown>;
  write(...args: unknown[]): object;
}

/** Replaces a method on an object until undone. */
function replace<T extends object, K extends keyof T>(
  target: T,
  key: K,
  wrap: (before: T[K]) => T[K],
): Undo {
  const own = Object.prototype.hasOwnProperty.call(target, key);
  const before = target[key];
  target[key] = wrap(before);
  return () => {
    if (own) target[key] = before;
    else Reflect.deleteProperty(target, key);
  };
}

/** The tfjs functions that fill a buffer with JavaScript random numbers. */
const randomFunction =
  /\b(randomUniform|randomUniformInt|randomNormal|randomStandardNormal|truncatedNormal|randomGamma|dropout|rand)_?\b/;

/** The names of the functions on the stack, innermost first; a notebook's stacks are shortened. */
function callingFunctions(): string[] {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  try {
    Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunctionName() ?? "");
    return new Error().stack as unknown as string[];
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", before);
  }
}

/**
 * Watches what a recorder cannot see: JavaScript's random numbers and plain numbers, which would keep
 * their first value, and the layer and kernel that are running.
 */
export function installGuards(context: TraceContext, onVariable: OnVariable): TraceGuards {
  const { name, layers, kernels } = context;
  const watched: WatchedValue[] = [];
  const stepped: tf.Optimizer[] = [];
  const engine = tf.engine();
  const backend = tf.backend() as unknown as Backend;

  const rejectRandom = (got: string): never => {
    return context.fail(
      new TraceError({
        where: name,
        expected: "random numbers drawn from a seed tensor",
        got: context.inLayer(got),
        remedy: `It would draw the same numbers in every step. ${SEEDED_REMEDY}`,
      }),
    );
  };

  const undo: Undo[] = [
    replace(Math, "random", () => () => rejectRandom("Math.random (or a tfjs op that calls it)")),
    replace(
      tf.TensorBuffer.prototype,
      "toTensor",
      (before) =>
        function (this: tf.TensorBuffer<tf.Rank>) {
          // A seeded tf.randomUniform does not call Math.random; only the call stack shows it.
          const match = randomFunction.exec(callingFunctions().join(" "));
          if (match !== null) rejectRandom(`tf.${match[1]}`);
          return before.call(this);
        },
    ),
    replace(
      tf.layers.Layer.prototype,
      "apply",
      (before) =>
        function (this: tf.layers.Layer, ...args: Parameters<typeof before>) {
          layers.push(this.name);
          try {
            return before.apply(this, args);
          } catch (error) {
            throw explainLayerError(this, args[0], error, context.inLayer(name));
          } finally {
            layers.pop();
          }
        },
    ),
    replace(recurrentPrototype(), "call", recordRecurrence),
    replace(
      engine,
      "runKernel",
      (before) =>
        ((...args: Parameters<typeof before>) => {
          kernels.push(args[0]);
          try {
            return before.apply(engine, args);
          } finally {
            kernels.pop();
          }
        }) as typeof before,
    ),
    replace(engine, "makeVariable", (before) => (...args) => {
      const variable = before.apply(engine, args);
      onVariable(variable);
      return variable;
    }),
    replace(backend, "write", (before) => (...args) => {
      const dataId = before.apply(backend, args);
      context.made.add(dataId);
      return dataId;
    }),
    // The promise of tensor.data() may not be awaited: record the failure and never settle the
    // promise.
    replace(backend, "read", () => (dataId) => {
      try {
        return Promise.resolve(tf.backend().readSync(dataId));
      } catch {
        return new Promise(() => {});
      }
    }),
    replace(
      tf.Optimizer.prototype as unknown as { incrementIterations(): void },
      "incrementIterations",
      () =>
        function (this: unknown) {
          stepped.push(this as tf.Optimizer);
        },
    ),
    ...watchOptimizers(watched, context),
    ...rejectTrainingLoops(context),
  ];

  return {
    watched,
    stepped,
    remove() {
      for (const restore of undo.reverse()) restore();
    },
  };
}

/** tfjs' optimizers read their learning rate as a number at each step. */
function watchOptimizers(watched: WatchedValue[], context: TraceContext): Undo[] {
  const classes = [
    tf.AdadeltaOptimizer,
    tf.AdagradOptimizer,
    tf.AdamOptimizer,
    tf.AdamaxOptimizer,
    tf.MomentumOptimizer,
    tf.RMSPropOptimizer,
    tf.SGDOptimizer,
  ];
  return classes.map(({ prototype }) =>
    replace(
      prototype as tf.Optimizer,
      "applyGradients",
      (before) =>
        function (this: tf.Optimizer, ...args: Parameters<typeof before>) {
          const held = this as unknown as { learningRate: number };
          const label = `${this.getClassName()}Optimizer.learningRate`;
          watched.push({ label, value: held.learningRate, read: () => held.learningRate });
          // SGD also stores its rate as a tensor; watching the number is enough.
          for (const own of Object.values(this)) {
            if (own instanceof tf.Tensor) context.made.add(own.dataId);
          }
          before.apply(this, args);
        },
    ),
  );
}

/**
 * Rejects model methods that run a loop asynchronously and return a promise: nothing would be
 * recorded.
 */
function rejectTrainingLoops(context: TraceContext): Undo[] {
  type Loops = Record<string, (...args: unknown[]) => unknown>;
  const loops = ["fit", "fitDataset", "trainOnBatch", "evaluateDataset"];
  return [tf.LayersModel, tf.Sequential].flatMap(({ prototype }) =>
    loops.map((loop) =>
      replace(
        prototype as unknown as Loops,
        loop,
        () => () =>
          context.fail(
            new TraceError({
              where: context.name,
              expected: "a function that computes with tensors alone",
              got: `a call of model.${loop}`,
              remedy:
                "It returns a promise before it has done anything. Compute the gradients with " +
                "tf.variableGrads, and apply them with an optimizer.",
            }),
          ),
      ),
    ),
  );
}
