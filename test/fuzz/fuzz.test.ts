import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { createRandom } from "../../src/core/random";
import { fuzzFormats } from "./fuzzReaders";
import type { FuzzResult } from "./fuzzReaders";
import { mutate } from "./mutate";

const root = resolve(__dirname, "../..");

/** A run of the script in separate processes, so that memory used by other tests is not counted. */
interface FuzzRun {
  readonly code: number;
  readonly result: FuzzResult & { readonly peakMiB: number; readonly limitMiB: number };
}

function fuzz(format: string, count: number): Promise<FuzzRun> {
  const args = ["--count", String(count), "--seed", "1", "--format", format, "--json"];
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [resolve(root, "scripts/fuzz.mjs"), ...args],
      { cwd: root, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        if (!stdout.startsWith("{")) fail(new Error(`no result: ${stdout}${stderr}`));
        else
          done({ code: error === null ? 0 : 1, result: JSON.parse(stdout) as FuzzRun["result"] });
      },
    );
  });
}

describe("damaged files", () => {
  it.each(Object.keys(fuzzFormats(root)))(
    "500 of %s end in a value or a DataError",
    async (format) => {
      const { code, result } = await fuzz(format, 500);
      expect(result.faults).toEqual([]);
      expect(result.values + result.refusals).toBe(500);
      expect(result.refusals).toBeGreaterThan(25);
      expect(result.peakMiB).toBeLessThan(result.limitMiB);
      expect(code).toBe(0);
    },
  );

  it("are damaged in the same way for the same seed", () => {
    const sound = Buffer.from("a sound file of some bytes");
    const damage = (seed: number) => mutate(createRandom(seed), sound).toString("hex");
    expect(damage(3)).toBe(damage(3));
    expect(new Set([1, 2, 3, 4, 5].map(damage)).size).toBeGreaterThan(3);
  });
});
