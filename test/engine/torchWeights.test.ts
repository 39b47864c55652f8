import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../src/core/errors";
import { unpickle } from "../../src/core/weights/unpickle";
import { readTorchWeightsFile } from "../../src/engine/weights/torchWeightsFile";
import { readCases } from "../support/layerGolden";

interface TorchCase {
  readonly name: string;
  readonly kind: "zip" | "legacy" | "refused";
  /** base64 */
  readonly file: string;
  readonly key: string | null;
  readonly tensors: readonly (readonly [string, readonly number[], readonly number[]])[];
  readonly message: string;
}

const cases = readCases<TorchCase>("torchWeights");
const folder = mkdtempSync(join(tmpdir(), "torch-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(base64: string): string {
  const path = join(folder, "weights.pth");
  writeFileSync(path, Buffer.from(base64, "base64"));
  return path;
}

describe("readTorchWeightsFile", () => {
  it.each(cases.filter(({ kind }) => kind !== "refused"))("equals torch: $name", (golden) => {
    const options = golden.key === null ? {} : { key: golden.key };
    const tensors = readTorchWeightsFile(written(golden.file), options);
    expect([...tensors.keys()]).toEqual(golden.tensors.map(([name]) => name));
    for (const [name, shape, values] of golden.tensors) {
      const tensor = tensors.get(name);
      expect(tensor?.shape).toEqual(shape);
      expect(Array.from(tensor?.values ?? [])).toEqual(values.map(Math.fround));
    }
  });

  it.each(cases.filter(({ kind }) => kind === "refused"))("refuses $name", (golden) => {
    const path = written(golden.file);
    const read = (): unknown => readTorchWeightsFile(path);
    expect(read).toThrow(DataError);
    expect(read).toThrow(path);
    expect(read).toThrow(golden.message);
  });

  it("says which key there is not, and which file", () => {
    const { file } = cases.find(({ name }) => name === "a checkpoint, zip") as TorchCase;
    expect(() => readTorchWeightsFile(written(file), { key: "model" })).toThrow(
      'expected a dict under "model", got a dict of epoch, state_dict, args',
    );
    expect(() => readTorchWeightsFile(join(folder, "none.pth"))).toThrow(/got ENOENT/);
    expect(existsSync(join(folder, "none.pth"))).toBe(false);
  });
});

describe("unpickle", () => {
  const world = {
    globals: new Map(),
    persistent: (): never => {
      throw new Error("no persistent ids here");
    },
  };
  const read = (...bytes: number[]): unknown =>
    unpickle("test", Uint8Array.from(bytes), 0, world).value;

  it("knows numbers, text, tuples, lists and dicts", () => {
    // 0x80 2: protocol; K: one byte; \x85: tuple of one; }: dict; U and s: set
    expect(read(0x80, 2, 0x4b, 7, 0x85, 0x2e)).toEqual([7]);
    expect(read(0x80, 2, 0x8a, 2, 0xff, 0xff, 0x2e)).toBe(-1);
    expect(read(0x80, 4, 0x7d, 0x8c, 1, 0x61, 0x88, 0x73, 0x2e)).toEqual(new Map([["a", true]]));
    expect(read(0x80, 2, 0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x2e)).toBe(1.5);
  });

  it.each([
    ["an opcode that runs code", [0x80, 2, 0x69, 0x61, 0x0a, 0x62, 0x0a, 0x2e]],
    ["a name", [0x80, 2, 0x63, 0x6f, 0x73, 0x0a, 0x66, 0x0a, 0x2e]],
    ["an empty stack", [0x80, 2, 0x2e]],
    ["a missing mark", [0x80, 2, 0x74, 0x2e]],
    ["text past the end", [0x80, 2, 0x58, 0xff, 0xff, 0xff, 0x7f, 0x61]],
    ["a call of a value", [0x80, 2, 0x4b, 1, 0x29, 0x52, 0x2e]],
    ["an item for no dict", [0x80, 2, 0x4b, 1, 0x4b, 2, 0x4b, 3, 0x73, 0x2e]],
    ["the state of a list", [0x80, 2, 0x5d, 0x7d, 0x62, 0x2e]],
    ["two values", [0x80, 2, 0x4b, 1, 0x4b, 2, 0x2e]],
    ["a value that was never memoised", [0x80, 2, 0x68, 3, 0x2e]],
    ["no end", [0x80, 2, 0x4b, 1]],
    ["protocol 9", [0x80, 9, 0x4b, 1, 0x2e]],
  ])("refuses %s", (_, bytes) => {
    expect(() => read(...bytes)).toThrow(DataError);
  });
});
