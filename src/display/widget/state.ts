import { ConfigError } from "../../core/errors";

/** A value in a widget's state: JSON or bytes. */
export type WidgetValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly WidgetValue[]
  | { readonly [name: string]: WidgetValue };

/** The place of a buffer in a state: names and indices. */
export type BufferPath = readonly (string | number)[];

/** A state with its bytes separated, as the protocol sends it. */
export interface SplitState {
  readonly state: Readonly<Record<string, unknown>>;
  readonly bufferPaths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

type TypedArray = Uint8Array<ArrayBuffer> & { readonly BYTES_PER_ELEMENT: number };
type TypedArrayClass = new (buffer: ArrayBuffer) => TypedArray;

function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has a different Object.prototype, whose own prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return (
    ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]"
  );
}

/** The bytes of a typed array, a DataView or an ArrayBuffer, without copying. */
function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `a ${value.constructor.name}`;
  if (typeof value === "bigint") return `${value}n, a bigint`;
  return typeof value === "function" ? "a function" : String(value);
}

/**
 * A copy of a state's value, so that a later change to the caller's object is not mistaken for a
 * change of the state.
 *
 * @throws ConfigError if it is neither JSON nor bytes
 */
export function copyValue(where: string, value: unknown, above: readonly object[] = []): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (isBytes(value)) return structuredClone(value);
  const isArray = Array.isArray(value);
  if (typeof value === "object" && (isArray || isPlainObject(value)) && !above.includes(value)) {
    const inside = [...above, value];
    if (isArray) {
      // Not `map`, which would skip the holes of a sparse array.
      return Array.from(value, (each, index) => copyValue(`${where}[${index}]`, each, inside));
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        copyValue(`${where}.${name}`, each, inside),
      ]),
    );
  }
  throw new ConfigError({
    where,
    expected: "null, a boolean, a finite number, text, bytes, or arrays and plain objects of these",
    got:
      typeof value === "object" && above.includes(value)
        ? "an object that contains itself"
        : describe(value),
  });
}

/**
 * Extracts the bytes from a state, since JSON cannot represent them: object entries are removed,
 * array elements are replaced by `null`.
 *
 * @example
 * splitBuffers({ x: { y: new Uint8Array(2) }, n: 1 }).bufferPaths; // [["x", "y"]]
 */
export function splitBuffers(state: Readonly<Record<string, unknown>>): SplitState {
  const bufferPaths: BufferPath[] = [];
  const buffers: Uint8Array[] = [];
  function split(value: unknown, path: BufferPath): unknown {
    if (isBytes(value)) {
      bufferPaths.push(path);
      buffers.push(bytesOf(value));
      return undefined;
    }
    if (Array.isArray(value)) {
      return value.map((each, index) => split(each, [...path, index]) ?? null);
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value)
      .map(([name, each]): [string, unknown] => [name, split(each, [...path, name])])
      .filter(([, each]) => each !== undefined);
    return Object.fromEntries(entries);
  }
  return { state: split(state, []) as Readonly<Record<string, unknown>>, bufferPaths, buffers };
}

function isPath(value: unknown): value is BufferPath {
  return (
    Array.isArray(value) && value.every((key) => typeof key === "string" || typeof key === "number")
  );
}

/**
 * Inserts bytes where {@link splitBuffers} extracted them. Invalid paths are ignored, since they
 * come from a frontend.
 *
 * @returns `state` itself, modified
 * @example
 * const state = { list: [null] };
 * joinBuffers(state, [["list", 0]], [new Uint8Array([7])]);
 * state.list[0] !== null; // true
 */
export function joinBuffers(
  state: Record<string, unknown>,
  paths: unknown,
  buffers: readonly Uint8Array[],
): Record<string, unknown> {
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [];
  for (const [index, path] of list.entries()) {
    if (!isPath(path) || buffers[index] === undefined) continue;
    const last = path.at(-1);
    let holder: unknown = state;
    for (const key of path.slice(0, -1)) {
      // Own entries only: `__proto__` and `constructor` lead to objects that all code shares.
      holder =
        Object(holder) === holder && Object.hasOwn(holder as object, key)
          ? (holder as Record<string, unknown>)[key]
          : undefined;
    }
    if (last === undefined || last === "__proto__" || Object(holder) !== holder) continue;
    (holder as Record<string, unknown>)[last] = buffers[index];
  }
  return state;
}

/** Converts received bytes to the type of array that the state held before, if they fit. */
export function restoreArrayType(previous: unknown, value: unknown): unknown {
  if (!(value instanceof Uint8Array) || !isBytes(previous) || previous instanceof Uint8Array) {
    return value;
  }
  const bytes = Uint8Array.from(value);
  if (!ArrayBuffer.isView(previous)) return bytes.buffer;
  if (previous instanceof DataView) return new DataView(bytes.buffer);
  const Kind = previous.constructor as TypedArrayClass;
  const size = (previous as TypedArray).BYTES_PER_ELEMENT;
  return bytes.byteLength % size === 0 ? new Kind(bytes.buffer) : value;
}
