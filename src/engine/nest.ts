import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { dtypeNumber } from "./dtypes";
import { formatType } from "./graph";

/** A nest without its tensors: what is the same for every call with one signature. */
export type Structure =
  | { readonly kind: "tensor"; readonly position: number }
  | { readonly kind: "static"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly Structure[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Structure])[] };

export interface FlatNest {
  readonly tensors: readonly tf.Tensor[];
  readonly structure: Structure;
  /** One line a leaf: its path and what it is. Two calls of one signature have equal lines. */
  readonly signature: ReadonlyMap<string, string>;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(value: object): number {
  let id = identities.get(value);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(value, id);
  }
  return id;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (prototype as object).constructor?.name === "Object";
};

const isTensor = (value: unknown): value is tf.Tensor =>
  value instanceof tf.Tensor && !(value instanceof tf.Variable);

/**
 * Takes a nest apart: arrays and plain objects, to any depth, of tensors and other values.
 *
 * @param where for messages: `"step, arguments"`
 * @throws TraceError for a typed array or a promise, which would be frozen at their first value
 */
export function flatten(where: string, nest: unknown): FlatNest {
  const tensors: tf.Tensor[] = [];
  const signature = new Map<string, string>();
  const visit = (value: unknown, path: string): Structure => {
    if (isTensor(value)) {
      signature.set(path, formatType({ shape: value.shape, dtype: dtypeNumber(value.dtype) }));
      return { kind: "tensor", position: tensors.push(value) - 1 };
    }
    if (Array.isArray(value)) {
      const items = value.map((item: unknown, i) =>
        visit(item, path === "" ? `${i}` : `${path}.${i}`),
      );
      signature.set(`${path}.length`, `${items.length}`);
      return { kind: "array", items };
    }
    if (typeof value === "object" && value !== null) {
      if (ArrayBuffer.isView(value) || value instanceof Promise) {
        throw new TraceError({
          where: `${where} ${path}`,
          expected: "tensors and plain values",
          got: value instanceof Promise ? "a promise" : value.constructor.name,
          remedy: "Make a tensor of it first: only tensors may change from call to call.",
        });
      }
      if (isPlain(value)) {
        const entries = Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, item]) => [key, visit(item, path === "" ? key : `${path}.${key}`)] as const);
        signature.set(`${path}.keys`, entries.map(([key]) => key).join(","));
        return { kind: "object", entries };
      }
      // A model, an optimizer, a variable: the same object is the same trace.
      signature.set(path, `${value.constructor.name} #${identityOf(value)}`);
      return { kind: "static", value };
    }
    const text =
      typeof value === "function" ? `function #${identityOf(value)}` : JSON.stringify(value);
    signature.set(path, Object.is(value, -0) ? "-0" : (text ?? "undefined"));
    return { kind: "static", value };
  };
  const structure = visit(nest, "");
  return { tensors, structure, signature };
}

/** Puts tensors back into a structure. */
export function unflatten(structure: Structure, tensors: readonly tf.Tensor[]): unknown {
  switch (structure.kind) {
    case "tensor":
      return tensors[structure.position];
    case "static":
      return structure.value;
    case "array":
      return structure.items.map((item) => unflatten(item, tensors));
    case "object":
      return Object.fromEntries(
        structure.entries.map(([key, item]) => [key, unflatten(item, tensors)]),
      );
  }
}

/** What changed between two signatures, for the log: `images: float32 [4, 8] → float32 [2, 8]`. */
export function describeChange(
  before: FlatNest["signature"],
  after: FlatNest["signature"],
): string {
  const paths = new Set([...before.keys(), ...after.keys()]);
  const changes = [...paths].filter((path) => before.get(path) !== after.get(path));
  return changes
    .map((path) => `${path}: ${before.get(path) ?? "absent"} → ${after.get(path) ?? "absent"}`)
    .join("; ");
}

/** A key that is equal for equal signatures. */
export function signatureKey(signature: FlatNest["signature"]): string {
  return JSON.stringify([...signature]);
}
