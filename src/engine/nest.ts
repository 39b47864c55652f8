import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { dtypeNumber } from "./dtypes";
import { formatType } from "./graph";

/** A nest without its tensors: the part that is the same for all calls with one signature. */
export type Structure =
  | { readonly kind: "tensor"; readonly position: number }
  | { readonly kind: "static"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly Structure[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Structure])[] };

export interface FlatNest {
  readonly tensors: readonly tf.Tensor[];
  readonly structure: Structure;
  /**
   * One entry per leaf: its path and a description. Calls with the same signature have equal entries.
   */
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
 * Describes a value that is neither a tensor nor a container; different values have different
 * descriptions.
 */
function describeStaticValue(where: string, value: unknown): string {
  if (typeof value === "function") return `function #${identityOf(value)}`;
  // JSON cannot represent NaN, the infinities or -0.
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint" || typeof value === "symbol") {
    throw new TraceError({
      where,
      expected: "tensors and plain values",
      got: `a ${typeof value}`,
      remedy: "Pass a number or a string.",
    });
  }
  return JSON.stringify(value) ?? "undefined";
}

/**
 * Flattens a nest: arrays and plain objects, to any depth, of tensors and other values.
 *
 * @param where for messages: `"step, arguments"`
 * @throws TraceError for a typed array or a promise, which would keep its first value, for a BigInt or
 * a symbol, and for an object that contains itself
 */
export function flatten(where: string, nest: unknown): FlatNest {
  const tensors: tf.Tensor[] = [];
  const signature = new Map<string, string>();
  const around = new Set<object>();
  const placeOf = (path: string): string => (path === "" ? where : `${where} ${path}`);
  const within = <T>(value: object, path: string, body: () => T): T => {
    if (around.has(value)) {
      throw new TraceError({
        where: placeOf(path),
        expected: "arrays and objects without cycles",
        got: "an object that contains itself",
        remedy: "Pass only the parts that the function needs.",
      });
    }
    around.add(value);
    const result = body();
    around.delete(value);
    return result;
  };
  const visit = (value: unknown, path: string): Structure => {
    if (isTensor(value)) {
      signature.set(path, formatType({ shape: value.shape, dtype: dtypeNumber(value.dtype) }));
      return { kind: "tensor", position: tensors.push(value) - 1 };
    }
    if (Array.isArray(value)) {
      const items = within(value, path, () =>
        value.map((item: unknown, i) => visit(item, path === "" ? `${i}` : `${path}.${i}`)),
      );
      signature.set(`${path}.length`, `${items.length}`);
      return { kind: "array", items };
    }
    if (typeof value === "object" && value !== null) {
      if (ArrayBuffer.isView(value) || value instanceof Promise) {
        throw new TraceError({
          where: placeOf(path),
          expected: "tensors and plain values",
          got: value instanceof Promise ? "a promise" : value.constructor.name,
          remedy:
            value instanceof Promise
              ? "Await it outside: a recorded function cannot be async."
              : "Turn it into a tensor first: only tensors may change from call to call.",
        });
      }
      if (isPlain(value)) {
        const entries = within(value, path, () =>
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(
              ([key, item]) => [key, visit(item, path === "" ? key : `${path}.${key}`)] as const,
            ),
        );
        signature.set(`${path}.keys`, entries.map(([key]) => key).join(","));
        return { kind: "object", entries };
      }
      // A model, an optimizer or a variable is compared by identity.
      signature.set(path, `${value.constructor.name} #${identityOf(value)}`);
      return { kind: "static", value };
    }
    signature.set(path, describeStaticValue(placeOf(path), value));
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

/** Whether two structures describe the same nest, static values included. */
export function sameStructure(a: Structure, b: Structure): boolean {
  switch (a.kind) {
    case "tensor":
      return b.kind === "tensor" && a.position === b.position;
    case "static":
      return b.kind === "static" && Object.is(a.value, b.value);
    case "array":
      return (
        b.kind === "array" &&
        a.items.length === b.items.length &&
        a.items.every((item, i) => sameStructure(item, b.items[i]))
      );
    case "object":
      return (
        b.kind === "object" &&
        a.entries.length === b.entries.length &&
        a.entries.every(
          ([key, item], i) => key === b.entries[i][0] && sameStructure(item, b.entries[i][1]),
        )
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

/** Whether two signatures differ only in tensor shapes. */
export function differInShapesOnly(
  before: FlatNest["signature"],
  after: FlatNest["signature"],
): boolean {
  if (before.size !== after.size) return false;
  // Strings are quoted in a signature, so that none can be mistaken for a tensor's type.
  const dtypeOf = (text: string | undefined): string | undefined =>
    /^(\w+) \[[\d, ]*\]$/.exec(text ?? "")?.[1];
  return [...after].every(([path, text]) => {
    const earlier = before.get(path);
    return earlier === text || (dtypeOf(text) !== undefined && dtypeOf(text) === dtypeOf(earlier));
  });
}

/** A key that is equal for equal signatures. */
export function signatureKey(signature: FlatNest["signature"]): string {
  return JSON.stringify([...signature]);
}
