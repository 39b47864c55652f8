import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { SEEDED_REMEDY } from "./unrecordable";

/** A number that an optimizer of tfjs' own holds and a recorded step would freeze. */
export interface WatchedNumber {
  /** For the log: `SGDOptimizer.learningRate`. */
  readonly label: string;
  readonly value: number;
  readonly read: () => number;
}

/** What the guards know and do while a function is traced. */
export interface TraceGuards {
  layer(): string | null;
  kernel(): string | null;
  /** Numbers that the trace depends on; it is recorded anew when one has changed. */
  readonly watched: readonly WatchedNumber[];
  /** Puts everything back. */
  remove(): void;
}

/** What happens to a variable that is made while tracing. */
export type OnVariable = (variable: tf.Variable) => void;

type Undo = () => void;

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

/** The functions of tfjs that fill a buffer by JavaScript's own random numbers. */
const randomFunction =
  /\b(randomUniform|randomUniformInt|randomNormal|randomStandardNormal|truncatedNormal|randomGamma|dropout|rand)_?\b/;

/**
 * Watches what a recorder cannot see: chance and numbers of JavaScript's, which would be frozen
 * at their first value, and which layer and kernel is running.
 */
export function installGuards(
  name: string,
  fail: (error: TraceError) => never,
  onVariable: OnVariable,
): TraceGuards {
  const layers: string[] = [];
  const kernels: string[] = [];
  const watched: WatchedNumber[] = [];
  const engine = tf.engine();
  const reader = tf.backend() as { read: (dataId: object) => Promise<unknown> };

  const refuseRandom = (got: string): never => {
    const at = layers.length === 0 ? "" : ` in layer "${layers.join("/")}"`;
    return fail(
      new TraceError({
        where: name,
        expected: "random numbers that are keyed by a seed tensor",
        got: `${got}${at}`,
        remedy: `It would draw the same numbers in every step. ${SEEDED_REMEDY}`,
      }),
    );
  };

  const undo: Undo[] = [
    replace(Math, "random", () => () => refuseRandom("Math.random (or a tfjs op that calls it)")),
    replace(
      tf.TensorBuffer.prototype,
      "toTensor",
      (before) =>
        function (this: tf.TensorBuffer<tf.Rank>) {
          // A seeded tf.randomUniform never asks Math.random: its name is on the stack alone.
          const match = randomFunction.exec(new Error().stack ?? "");
          if (match !== null) refuseRandom(`tf.${match[1]}`);
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
          } finally {
            layers.pop();
          }
        },
    ),
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
    // Nobody may be waiting for tensor.data(): the failure is noted, and the promise stays open.
    replace(reader, "read", () => (dataId) => {
      try {
        return Promise.resolve(tf.backend().readSync(dataId));
      } catch {
        return new Promise(() => {});
      }
    }),
    ...watchOptimizers(watched),
  ];

  return {
    layer: () => (layers.length === 0 ? null : layers.join("/")),
    kernel: () => kernels[kernels.length - 1] ?? null,
    watched,
    remove() {
      for (const restore of undo.reverse()) restore();
    },
  };
}

/** tfjs' optimizers read their learning rate as a number at each step. */
function watchOptimizers(watched: WatchedNumber[]): Undo[] {
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
          before.apply(this, args);
        },
    ),
  );
}
