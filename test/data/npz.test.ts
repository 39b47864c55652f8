import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { readDataset } from "../../src/data/readDataset";
import { readNpz } from "../../src/data/readNpz";
import golden from "../golden/npz.json";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

function temp(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A .npy file from a header and bytes. */
function npy(header: string, body: Uint8Array): Uint8Array {
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header), body]);
}

describe("readNpz", () => {
  it.each(golden.cases)("equals NumPy: $name", async ({ file, image, mask }) => {
    const { cases } = await readNpz(temp("golden.npz", Buffer.from(file, "base64")));
    expect(cases.map(({ id }) => id)).toEqual(["golden-0", "golden-1"]);
    expect(cases.flatMap((one) => Array.from(one.image.data))).toEqual(image);
    expect(cases.flatMap((one) => Array.from(one.labels?.data ?? []))).toEqual(mask);
    expect([cases[0].image.height, cases[0].image.width]).toEqual([3, 5]);
  });

  it("is found by readDataset", async () => {
    const path = temp("found.npz", Buffer.from(golden.cases[0].file, "base64"));
    expect((await readDataset(path)).cases).toHaveLength(2);
  });

  it("maps the values of a mask to labels", async () => {
    const array = (values: number[]) =>
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", Uint8Array.from(values));
    const entries = { "image.npy": array([9, 200]), "mask.npy": array([0, 255]) };
    const path = temp("white.npz", zipSync(entries));
    await expect(readDataset(path)).rejects.toThrow(
      /column 1: .*got the values 0, 255\. .*--labels/,
    );
    const { cases, patients } = await readDataset(path, { labels: { 255: 2 } });
    expect(Array.from(cases[0].labels?.data ?? [])).toEqual([0, 2]);
    expect(patients).toBe("unknown");
  });

  it("rejects files without a pair of arrays", async () => {
    const u1 = (shape: string, bytes: number) =>
      npy(
        `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape}), }`,
        new Uint8Array(bytes).fill(9),
      );
    const read = (entries: Record<string, Uint8Array>) =>
      readNpz(temp("bad.npz", Buffer.from(zipSync(entries))));
    await expect(read({ "other.npy": u1("2, 2", 4) })).rejects.toThrow(/an array named image/);
    await expect(read({ "image.npy": u1("4,", 4) })).rejects.toThrow(/\[slices, height, width\]/);
    await expect(read({ "image.npy": u1("90000, 90000", 4) })).rejects.toThrow(/got 4 bytes/);
    await expect(read({ "image.npy": u1("2, 2", 4), "mask.npy": u1("2, 3", 6) })).rejects.toThrow(
      /the shape of image, \[2, 2\], got \[2, 3\]/,
    );
    await expect(read({ "image.npy": u1("2, 2", 4), "mask.npy": u1("2, 2", 4) })).rejects.toThrow(
      /labels 0, 1, 2 .*, got the values 0, 9/,
    );
    await expect(
      read({
        "image.npy": npy(
          "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
          new Uint8Array(8),
        ),
      }),
    ).rejects.toThrow(/descr: expected/);
    await expect(readNpz(temp("text.npz", Buffer.from("a note")))).rejects.toThrow(
      /text\.npz: expected a zip file's directory at the end, got none/,
    );
  });

  it("rejects a decompression bomb before unpacking it", async () => {
    const path = temp("bomb.npz", Buffer.from(zipSync({ "image.npy": new Uint8Array(2e7) })));
    await expect(readNpz(path, { maxBytes: 1e6 })).rejects.toThrow(/at most 1000000 bytes/);
  });
});
