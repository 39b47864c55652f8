import { DataError } from "../errors";
import { formatShape } from "../shapes";
import { ELEMENT_TYPES } from "./elementTypes";
import { Opaque, PickledFunction } from "./unpickle";
import type { Pickled, PickleWorld } from "./unpickle";
import type { WeightTensor } from "./WeightTensor";

/** torch's storage classes, as named in files, and their number types. */
const STORAGES: Readonly<Record<string, string>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** A block of bytes that tensors are views of. */
export interface StorageRef {
  readonly dtype: string;
  readonly key: string;
  readonly length: number;
}

/** A view of a storage: its offset, its shape, and the stride of each axis. */
export interface TensorRef {
  readonly storage: StorageRef;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(isCount);

/** The tensor that a pickled value represents, or `null`. */
export function tensorOf(value: Pickled | undefined): TensorRef | null {
  if (!(value instanceof Opaque)) return null;
  const inner = value.value as Partial<TensorRef>;
  return inner.storage === undefined ? null : (inner as TensorRef);
}

/** Everything that a file of tensors may refer to: storages, tensors, parameters, ordered dicts. */
export function torchWorld(where: string): PickleWorld {
  const fail = (expected: string, got: string): never => {
    throw new DataError({ where, expected, got, remedy: "The file is damaged." });
  };
  const rebuild = (args: readonly Pickled[]): Pickled => {
    const [storage, offset, shape, strides] = args;
    const ref = storage instanceof Opaque ? (storage.value as StorageRef) : null;
    const isSound =
      ref !== null &&
      "dtype" in ref &&
      isCount(offset) &&
      isCounts(shape) &&
      isCounts(strides) &&
      shape.length === strides.length;
    if (!isSound) return fail("a tensor: a storage, offset, shape and strides", "other arguments");
    return new Opaque({ storage: ref, offset, shape, strides } satisfies TensorRef);
  };
  const functions: readonly (readonly [string, (args: readonly Pickled[]) => Pickled])[] = [
    [
      "collections OrderedDict",
      (args) =>
        args.length === 0 ? new Map<Pickled, Pickled>() : fail("an empty dict", "arguments"),
    ],
    ["torch._utils _rebuild_tensor_v2", rebuild],
    [
      "torch._utils _rebuild_parameter",
      ([data]) =>
        tensorOf(data) === null ? fail("the tensor of a parameter", "another value") : data,
    ],
    ...Object.keys(STORAGES).map(
      (name) => [`torch ${name}`, () => fail("a storage type", "a call of it")] as const,
    ),
  ];
  return {
    globals: new Map(functions.map(([name, call]) => [name, new PickledFunction(name, call)])),
    persistent([kind, type, key, , length, view]) {
      const dtype =
        type instanceof PickledFunction ? STORAGES[type.name.slice("torch ".length)] : undefined;
      const isSound = kind === "storage" && dtype !== undefined && typeof key === "string";
      if (!isSound || !isCount(length)) {
        return fail("a storage of a known type", "another persistent id");
      }
      if (view !== undefined && view !== null) {
        return fail("a complete storage", "a view of another storage, as PyTorch 0.3 wrote them");
      }
      return new Opaque({ dtype, key, length } satisfies StorageRef);
    },
  };
}

/** Limit on the total values of all tensors, as a multiple of the values in their storages. */
const MOST_COPIES = 4;

/**
 * Tensors as plain numbers, row-major whatever their strides.
 *
 * @param bytesOf a storage's bytes
 * @throws DataError for a tensor that extends past its storage, or for views with far more values in
 * total than their storages
 */
export function readTensors(
  where: string,
  refs: ReadonlyMap<string, TensorRef>,
  bytesOf: (storage: StorageRef, where: string) => Uint8Array,
): Map<string, WeightTensor> {
  const seen = new Map<string, WeightTensor["values"]>();
  const held = new Map<string, number>();
  let total = 0;
  return new Map(
    [...refs].map(([name, ref]) => {
      const { storage, offset, shape, strides } = ref;
      const at = `${where}: tensor "${name}"`;
      const count = shape.reduce((product, size) => product * size, 1);
      const last = shape.reduce((reach, size, axis) => reach + (size - 1) * strides[axis], offset);
      if (count > storage.length || (count > 0 && last >= storage.length)) {
        throw new DataError({
          where: at,
          expected: `a view within the ${storage.length} values of its storage`,
          got: `shape ${formatShape(shape)}, strides ${formatShape(strides)} and offset ${offset}`,
          remedy: "Save clone() of expanded tensors, which stores all their values.",
        });
      }
      const view = JSON.stringify([storage.key, offset, shape, strides]);
      let values = seen.get(view);
      if (values === undefined) {
        const bytes = bytesOf(storage, at);
        held.set(storage.key, storage.length);
        total += count;
        const most = MOST_COPIES * [...held.values()].reduce((sum, length) => sum + length, 0);
        if (total > most) {
          const got = `${total} values from views of the same storages`;
          throw new DataError({ where: at, expected: `at most ${most} values`, got });
        }
        values = decode(bytes, ref, count);
        seen.set(view, values);
      }
      return [name, { shape, values }];
    }),
  );
}

function decode(
  bytes: Uint8Array,
  { storage, offset, shape, strides }: TensorRef,
  count: number,
): WeightTensor["values"] {
  const type = ELEMENT_TYPES[storage.dtype];
  const window = (start: number, length: number): DataView =>
    new DataView(bytes.buffer, bytes.byteOffset + start * type.bytes, length * type.bytes);
  let expected = 1;
  let isRowMajor = true;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) isRowMajor = false;
    expected *= shape[axis];
  }
  if (isRowMajor || count === 0) return type.decode(window(count === 0 ? 0 : offset, count), count);
  const all = type.decode(window(0, storage.length), storage.length);
  const values = all.slice(0, count);
  const index = shape.map(() => 0);
  for (let i = 0, from = offset; i < count; i++) {
    values[i] = all[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += strides[axis];
      if (index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}
