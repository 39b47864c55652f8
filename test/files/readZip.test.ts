import { zipSync } from "fflate";
import { DataError } from "../../src/core/errors";
import { readZip } from "../../src/files/readZip";

const options = { remedy: "Fetch it again", maxUnpackedBytes: 2 ** 20 };
const text = new TextEncoder().encode("the same words, the same words, the same words".repeat(20));
const packed = zipSync({ "a.txt": text, "b/c.txt": Uint8Array.of(1, 2, 3) });
const stored = zipSync({ "a.txt": [text, { level: 0 }] });

/** A copy with some bytes changed. */
function changed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy;
}

/** Where the first directory entry begins. */
const directory = (bytes: Uint8Array): number =>
  Buffer.from(bytes).indexOf("PK\x01\x02", 0, "latin1");

describe("readZip", () => {
  it("reads compressed and stored entries", () => {
    for (const [bytes, names] of [
      [packed, ["a.txt", "b/c.txt"]],
      [stored, ["a.txt"]],
    ] as const) {
      const entries = readZip("x.zip", bytes, options);
      expect([...entries.keys()]).toEqual(names);
      expect(Buffer.from(entries.get("a.txt") ?? []).equals(Buffer.from(text))).toBe(true);
    }
    const wanted = readZip("x.zip", packed, { ...options, isWanted: (name) => name !== "a.txt" });
    expect([...wanted.keys()]).toEqual(["b/c.txt"]);
    // Views of the file: nothing is copied.
    expect(readZip("x.zip", stored, options).get("a.txt")?.buffer).toBe(stored.buffer);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["no zip", text, /a zip file's directory at the end, got none/],
    ["one cut short", packed.subarray(0, packed.length - 30), /directory at the end, got none/],
    [
      "a size that the packed bytes do not come to",
      changed(packed, (view) => view.setUint32(directory(packed) + 24, text.length + 1, true)),
      /bytes of "a\.txt"/,
    ],
    [
      "more bytes than stated",
      changed(packed, (view) => view.setUint32(directory(packed) + 24, 5, true)),
      /5 bytes of "a\.txt"/,
    ],
    [
      "a bomb's size",
      changed(packed, (view) => view.setUint32(directory(packed) + 24, 2 ** 31, true)),
      /at most 1048576 bytes of entries, got 2147483648/,
    ],
    [
      "an entry outside the file",
      changed(packed, (view) => view.setUint32(directory(packed) + 42, 2 ** 31, true)),
      /"a\.txt" within \d+ bytes, got one outside/,
    ],
    [
      "another checksum",
      changed(packed, (view) => view.setUint32(directory(packed) + 16, 7, true)),
      /as its checksum has it/,
    ],
    [
      "another compression",
      changed(packed, (view) => view.setUint16(directory(packed) + 10, 12, true)),
      /compression method 12/,
    ],
    [
      "more entries than there are",
      changed(packed, (view) => view.setUint16(packed.length - 12, 500, true)),
      /directory/,
    ],
  ])("rejects %s", (_what, bytes, message) => {
    expect(() => readZip("x.zip", bytes, options)).toThrow(DataError);
    expect(() => readZip("x.zip", bytes, options)).toThrow(message);
  });

  it("gives a value or a DataError whatever byte is changed", () => {
    for (let at = 0; at < packed.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = changed(packed, (view) => view.setUint8(at, value));
        try {
          readZip("x.zip", damaged, options);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }
    }
  });

  it("rejects compressed entries if none is expected", () => {
    expect(() => readZip("x.zip", packed, { ...options, maxUnpackedBytes: 0 })).toThrow(
      /"a\.txt" uncompressed, got a compressed entry/,
    );
  });
});
