import { resolve } from "node:path";
import { createRandom } from "../../src/core/random";
import { fuzzFormat, fuzzFormats } from "./fuzzReaders";
import { mutate } from "./mutate";

jest.setTimeout(120000);

const formats = fuzzFormats(resolve(__dirname, "../.."));

describe("damaged files", () => {
  it.each(Object.keys(formats))("500 of %s end in a value or a DataError", async (name) => {
    const { values, refusals, faults } = await fuzzFormat(formats[name], 500, 1);
    expect(faults).toEqual([]);
    expect(values + refusals).toBe(500);
    expect(refusals).toBeGreaterThan(25);
  });

  it("are damaged alike for a seed", () => {
    const sound = Buffer.from("a sound file of some bytes");
    const damage = (seed: number) => mutate(createRandom(seed), sound).toString("hex");
    expect(damage(3)).toBe(damage(3));
    expect(new Set([1, 2, 3, 4, 5].map(damage)).size).toBeGreaterThan(3);
  });
});
