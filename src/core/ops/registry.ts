import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";

/**
 * An operation with two forms: a composite of tfjs ops, which runs and differentiates on every
 * backend, and a native one, which the engine registers when it loads. Layers call the op without
 * knowing which form runs.
 */
interface OpEntry {
  readonly name: string;
  readonly composite: OpFunction;
  native?: { readonly tensorflowOps: readonly string[]; readonly run: OpFunction };
}

type OpFunction = (...args: never[]) => unknown;

/** A row of {@link listOps}. */
export interface OpListing {
  readonly name: string;
  /** The TensorFlow ops of the native form; empty where there is none. */
  readonly tensorflowOps: readonly string[];
  /** The form that runs on the current backend. */
  readonly active: "native" | "composite";
}

const entries = new Map<string, OpEntry>();
let forced: "composite" | null = null;

function usesNative(entry: OpEntry): boolean {
  return entry.native !== undefined && forced === null && tf.getBackend() === "tensorflow";
}

/**
 * Defines an op by its composite form and returns the function that layers call.
 *
 * @throws ConfigError when the name is taken by another composite form
 */
export function defineOp<F extends OpFunction>(name: string, composite: F): F {
  if (entries.has(name)) {
    throw new ConfigError({
      where: `defineOp("${name}")`,
      expected: "an unused name",
      got: "one that is already defined",
    });
  }
  const entry: OpEntry = { name, composite };
  entries.set(name, entry);
  const dispatch = (...args: never[]): unknown =>
    usesNative(entry) && entry.native !== undefined
      ? entry.native.run(...args)
      : entry.composite(...args);
  return dispatch as F;
}

/** Registers the native form of an op; called by the engine. A second call replaces the first. */
export function registerNativeOp<F extends OpFunction>(
  name: string,
  tensorflowOps: readonly string[],
  run: F,
): void {
  const entry = entries.get(name);
  if (entry === undefined) {
    throw new ConfigError({
      where: `registerNativeOp("${name}")`,
      expected: `one of ${[...entries.keys()].join(", ")}`,
      got: name,
      remedy: "Define its composite form with defineOp first.",
    });
  }
  entry.native = { tensorflowOps, run };
}

/** Every op, and the form that runs on the current backend. */
export function listOps(): OpListing[] {
  return [...entries.values()].map((entry) => ({
    name: entry.name,
    tensorflowOps: entry.native?.tensorflowOps ?? [],
    active: usesNative(entry) ? "native" : "composite",
  }));
}

/** Runs `body` with composite forms only: for tests and comparisons. */
export function withCompositeOps<T>(body: () => T): T {
  const before = forced;
  forced = "composite";
  try {
    return body();
  } finally {
    forced = before;
  }
}
