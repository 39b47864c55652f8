import { readFileSync } from "node:fs";
import { DataError } from "../../core/errors";
import { ELEMENT_TYPES } from "../../core/weights/elementTypes";
import { readTensors, tensorOf, torchWorld } from "../../core/weights/torchTensors";
import type { StorageRef, TensorRef } from "../../core/weights/torchTensors";
import { unpickle } from "../../core/weights/unpickle";
import type { Pickled } from "../../core/weights/unpickle";
import type { WeightTensor } from "../../core/weights/WeightTensor";
import { readZip } from "../../files/readZip";

/** Options of {@link readTorchWeightsFile}. */
export interface TorchWeightsOptions {
  /**
   * The entry of the saved dict that holds the tensors, e.g. `"state_dict"`; default the dict itself.
   */
  readonly key?: string;
}

/** A file's top-level value and the bytes of its storages. */
interface Contents {
  readonly value: Pickled;
  readonly bytesOf: (storage: StorageRef, where: string) => Uint8Array;
}

/** The first number of the legacy format, ten bytes long, as a double. */
const LEGACY_MAGIC = Number(0x1950a86a20f9469cfc6cn);
const LEGACY_PROTOCOL = 1001;

const REMEDY = "The file is damaged, or torch.save did not write it.";

function fail(where: string, expected: string, got: string): never {
  throw new DataError({ where, expected, got, remedy: REMEDY });
}

/** Since PyTorch 1.6: a zip of a pickle, `data.pkl`, and one uncompressed entry per storage. */
function openZip(where: string, bytes: Uint8Array): Contents {
  const entries = readZip(where, bytes, { remedy: REMEDY, maxUnpackedBytes: 0 });
  const pickle = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) return fail(where, "an entry data.pkl", "none");
  const folder = pickle.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && Buffer.from(order).toString() !== "little") {
    return fail(`${where}: byteorder`, "little", "big");
  }
  const { value } = unpickle(where, entries.get(pickle) ?? new Uint8Array(), 0, torchWorld(where));
  return {
    value,
    bytesOf({ key, dtype, length }, at) {
      const data = entries.get(`${folder}data/${key}`);
      const wanted = length * ELEMENT_TYPES[dtype].bytes;
      if (data === undefined) return fail(at, `a storage "${key}"`, "none");
      if (data.length < wanted) return fail(at, `${wanted} bytes`, String(data.length));
      return data;
    },
  };
}

/** Before PyTorch 1.6: five pickles in a row, then each storage's length and bytes. */
function openLegacy(where: string, bytes: Uint8Array): Contents {
  const world = torchWorld(where);
  let end = 0;
  const next = (): Pickled => {
    const read = unpickle(where, bytes, end, world);
    end = read.end;
    return read.value;
  };
  if (next() !== LEGACY_MAGIC) return fail(where, "torch.save's magic number", "another value");
  if (next() !== LEGACY_PROTOCOL) return fail(where, "torch.save's protocol 1001", "another");
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    return fail(where, "little-endian numbers", "others");
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) return fail(where, "a list of storages", "none");
  // The file gives the number of values in a storage but not the bytes per value, which only the
  // tensors that use it tell.
  const starts = new Map<string, { readonly start: number; readonly bytes: number }>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes = storageSizes(value);
  for (const key of keys) {
    const size = typeof key === "string" ? sizes.get(key) : undefined;
    if (typeof key !== "string" || size === undefined) {
      return fail(where, "storages that tensors use", JSON.stringify(key).slice(0, 40));
    }
    if (bytes.length - end < 8) return fail(where, `storage "${key}"`, "the end of the file");
    const length = Number(view.getBigInt64(end, true));
    const start = end + 8;
    if (length < 0 || length * size > bytes.length - start) {
      return fail(where, `${length} values of storage "${key}"`, "the end of the file");
    }
    starts.set(key, { start, bytes: length * size });
    end = start + length * size;
  }
  return {
    value,
    bytesOf({ key, dtype, length }, at) {
      const place = starts.get(key);
      if (place === undefined) return fail(at, `a storage "${key}"`, "none");
      const wanted = length * ELEMENT_TYPES[dtype].bytes;
      if (place.bytes < wanted) return fail(at, `${wanted} bytes`, String(place.bytes));
      return bytes.subarray(place.start, place.start + wanted);
    },
  };
}

/** Bytes per value of each storage used by a value's tensors, at any nesting depth. */
function storageSizes(value: Pickled): Map<string, number> {
  const sizes = new Map<string, number>();
  const open: Pickled[] = [value];
  const visited = new Set<Pickled>();
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item !== "object" || item === null || visited.has(item)) continue;
    visited.add(item);
    const tensor = tensorOf(item);
    if (tensor !== null) {
      sizes.set(tensor.storage.key, ELEMENT_TYPES[tensor.storage.dtype].bytes);
    }
    if (Array.isArray(item)) for (const inner of item) open.push(inner);
    if (item instanceof Map) for (const inner of item.values()) open.push(inner);
  }
  return sizes;
}

/** The tensors of a dict by name; anything else in it is rejected. */
function tensorsOf(where: string, value: Pickled, key: string | undefined): Map<string, TensorRef> {
  const dict = key === undefined ? value : value instanceof Map ? value.get(key) : undefined;
  if (!(dict instanceof Map)) {
    const keys = value instanceof Map ? [...value.keys()].map(String).slice(0, 8).join(", ") : "";
    const expected = key === undefined ? "a dict of tensors" : `a dict under "${key}"`;
    return fail(where, expected, keys === "" ? "no dict" : `a dict of ${keys}`);
  }
  return new Map(
    [...dict].map(([name, item]) => {
      const tensor = tensorOf(item);
      if (typeof name !== "string" || tensor === null) {
        throw new DataError({
          where,
          expected: "a dict of tensors by name",
          got: `${JSON.stringify(name)}, which is not a tensor`,
          remedy: 'Give the key that holds the tensors, e.g. { key: "state_dict" }.',
        });
      }
      return [name, tensor];
    }),
  );
}

/**
 * Reads the tensors of a PyTorch file (`.pth`, `.pt`) that `torch.save(model.state_dict(), path)`
 * wrote, in the zip format or the legacy one. A PyTorch file is a pickle, which in Python may run any
 * program; this reader executes nothing: it supports tensors and dicts and rejects everything else by
 * name.
 *
 * @param path of the file
 * @param options the entry that holds the tensors, if the file has several
 * @returns tensors by name: floats of any width as float32, integers as int32 (saturated)
 * @throws DataError if it cannot be read, naming the rejected opcode, Python name or tensor
 */
export function readTorchWeightsFile(
  path: string,
  { key }: TorchWeightsOptions = {},
): Map<string, WeightTensor> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? "an error";
    throw new DataError({ where: path, expected: "a PyTorch file", got, cause });
  }
  const where = path;
  const isZip = bytes.length > 4 && bytes[0] === 0x50 && bytes[1] === 0x4b;
  const { value, bytesOf } = (isZip ? openZip : openLegacy)(where, bytes);
  return readTensors(where, tensorsOf(where, value, key), bytesOf);
}
