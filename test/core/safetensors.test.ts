import fc from "fast-check";
import { DataError } from "../../src/core/errors";
import { readSafetensors, writeSafetensors } from "../../src/core/weights/safetensors";
import { bytesSource } from "../../src/core/weights/WeightTensor";
import type { ByteSource, WeightTensor } from "../../src/core/weights/WeightTensor";
import { readCases } from "../support/layerGolden";

interface FileCase {
  readonly name: string;
  readonly metadata: Record<string, string>;
  readonly file: string;
  readonly tensors: Record<string, { dtype: string; shape: number[]; values: string[] }>;
}

const cases = readCases<FileCase>("safetensorsFiles");

/** Python prints `inf`; JavaScript reads `Infinity`. */
const parse = (text: string): number => Number(text.replace("inf", "Infinity"));

function tensorsOf(golden: FileCase): Map<string, WeightTensor> {
  return new Map(
    Object.entries(golden.tensors).map(([name, { dtype, shape, values }]) => {
      const numbers = values.map(parse);
      return [
        name,
        { shape, values: dtype === "I32" ? Int32Array.from(numbers) : Float32Array.from(numbers) },
      ];
    }),
  );
}

/** A file of this header; `size` may claim more than there is. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const reading = (bytes: Uint8Array) => () => readSafetensors("bad.safetensors", bytesSource(bytes));
const tensor = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe("safetensors", () => {
  it.each(cases)("reads what Python wrote: $name", (golden) => {
    const read = readSafetensors("golden", bytesSource(Buffer.from(golden.file, "base64")));
    expect([...read.keys()].sort()).toEqual(Object.keys(golden.tensors).sort());
    for (const [name, { shape, values }] of Object.entries(golden.tensors)) {
      const got = read.get(name) as WeightTensor;
      expect(got.shape).toEqual(shape);
      const wanted = values.map(parse).map((value) => {
        if (got.values instanceof Float32Array) return Math.fround(value);
        return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
      });
      expect(Array.from(got.values)).toEqual(wanted);
    }
  });

  it.each(cases.filter(({ name }) => name !== "every type"))(
    "writes Python's bytes: $name",
    (golden) => {
      const bytes = writeSafetensors(tensorsOf(golden), golden.metadata);
      expect(Buffer.from(bytes).toString("base64")).toBe(golden.file);
    },
  );

  it.each([
    ["7 bytes", new Uint8Array(7), "expected at least 8 bytes, got 7"],
    [
      "a header of 2^60 bytes",
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 16, 1, 2),
      "expected a header of at most 2 bytes, got 1152921504606846976",
    ],
    ["a header that is no JSON", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 1, 2), "a header of JSON"],
    ["a header that is a list", fileOf([1], 0), "a header that is a JSON object, got [1]"],
    [
      "an unknown type",
      fileOf({ a: tensor([1], [0, 4], "F4") }, 4),
      'tensor "a": expected a dtype of',
    ],
    ["a type that is a method", fileOf({ a: tensor([1], [0, 4], "toString") }, 4), "a dtype of"],
    ["a null tensor", fileOf({ a: null }, 4), 'tensor "a": expected a dtype of'],
    [
      "a NaN shape",
      fileOf({ a: tensor([NaN], [0, 4]) }, 4),
      "a shape of non-negative integers, got [null]",
    ],
    [
      "a negative shape",
      fileOf({ a: tensor([-1], [0, 4]) }, 4),
      "a shape of non-negative integers, got [-1]",
    ],
    [
      "a broken shape",
      fileOf({ a: tensor([0.5], [0, 2]) }, 2),
      "a shape of non-negative integers, got [0.5]",
    ],
    [
      "a shape past all memory",
      fileOf({ a: tensor([2 ** 31, 2 ** 31, 2 ** 31], [0, 4]) }, 4),
      "bytes for F32 [2147483648, 2147483648, 2147483648]",
    ],
    [
      "offsets past the end",
      fileOf({ a: tensor([2], [0, 8]) }, 4),
      "within 4 bytes of data, got [0, 8]",
    ],
    [
      "offsets turned round",
      fileOf({ a: tensor([1], [4, 0]) }, 4),
      "within 4 bytes of data, got [4, 0]",
    ],
    ["offsets of text", fileOf({ a: tensor([1], ["0", "4"]) }, 4), "two non-negative integers"],
    [
      "overlapping tensors",
      fileOf({ a: tensor([2], [0, 8]), b: tensor([1], [4, 8]) }, 8),
      'tensor "b": expected data from byte 8, got 4, which overlaps another tensor',
    ],
    [
      "a hole",
      fileOf({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12),
      'tensor "b": expected data from byte 4, got 8, which leaves a hole before it',
    ],
    ["bytes left over", fileOf({ a: tensor([1], [0, 4]) }, 8), "expected 4 bytes of data, got 8"],
  ])("refuses %s", (_, bytes, message) => {
    expect(reading(bytes)).toThrow(DataError);
    expect(reading(bytes)).toThrow(message);
  });

  it("reads nothing past the header of a file that it refuses", () => {
    const header = fileOf({ a: tensor([2 ** 40], [0, 2 ** 42]), b: tensor([1], [0, 4]) }, 0);
    const reads: number[] = [];
    const source: ByteSource = {
      size: header.length + 2 ** 42,
      read(offset, length) {
        reads.push(offset + length);
        return header.subarray(offset, offset + length);
      },
    };
    expect(() => readSafetensors("bad.safetensors", source)).toThrow(/overlaps/);
    expect(Math.max(...reads)).toBe(header.length);
  });

  it("refuses or reads any damaged file, and never anything else", () => {
    const [, golden] = cases;
    const good = new Uint8Array(Buffer.from(golden.file, "base64"));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(good.length),
        fc.boolean(),
        (changes, length, isCut) => {
          const bytes = good.slice(0, isCut ? length : undefined);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            readSafetensors("damaged", bytesSource(bytes));
          } catch (error) {
            if (!(error instanceof DataError)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("refuses to write values that do not fill their shape", () => {
    const tensors = new Map([["a", { shape: [3], values: Float32Array.of(1, 2) }]]);
    expect(() => writeSafetensors(tensors)).toThrow(
      'writeSafetensors: tensor "a": expected 3 values for [3], got 2',
    );
  });
});
