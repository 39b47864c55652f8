import { NODES, describeConsumers, runIn } from "./consumers";

const printed = "cpu: 1 x 5 x 7 x 6";

describeConsumers("a consumer", () => {
  describe.each(NODES)("on %s", (_version, node) => {
    it.each([
      ["node-esm", "main.mjs"],
      ["node-cjs", "main.cjs"],
    ])("%s imports a layer and applies it", async (consumer, file) => {
      expect(await runIn(consumer, node, [file])).toEqual({ status: 0, output: printed });
    });
  });

  it("on Deno, with only read permission", async () => {
    expect(await runIn("deno", "npm", ["-s", "start"])).toEqual({ status: 0, output: printed });
  });

  it("on Bun", async () => {
    expect(await runIn("bun", "npm", ["-s", "start"])).toEqual({ status: 0, output: printed });
  });

  it("in a cell of tslab's own kernel", async () => {
    const { status, output } = await runIn("tslab", "npm", ["-s", "start"]);
    const lines = output.split("\n");
    // `layerbook/node` reports once that native TensorFlow is not set up.
    expect(lines.filter((line) => line.startsWith("layerbook: native TensorFlow"))).toHaveLength(1);
    expect(lines.filter((line) => / x /.test(line))).toEqual([printed, "64 x 64 x 2"]);
    expect(status).toBe(0);
  });

  it.each(["jest", "vitest"])("tests with %s", async (consumer) => {
    const { status, output } = await runIn(consumer, "npm", ["-s", "test"]);
    expect(output).toMatch(/1 passed/);
    expect(status).toBe(0);
  });
});
