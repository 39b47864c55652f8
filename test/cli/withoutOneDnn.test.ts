import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunRecord } from "../../src/experiments/storage/runs";
import { buildCli } from "../support/buildCli";
import type { BuiltCli } from "../support/buildCli";
import { writeImageFolder } from "../support/imageFolder";
import { discSamples } from "../experiments/support/samples";

let folder: string;
let cli: BuiltCli;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-onednn-"));
  cli = await buildCli();
  await writeImageFolder(join(folder, "data"), discSamples(12, 24));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await cli.remove();
});

/** The losses of a short training in a fresh process; TensorFlow reads the variable when it loads. */
async function losses(oneDnn: "0" | "1" | "", flags: readonly string[]): Promise<number[]> {
  const out = join(folder, `run-${oneDnn}-${flags.join("")}`.replace(/[^a-z0-9-]/g, "-"));
  const { code, stderr } = await cli.run(
    [
      ...["train", "--preset", "smoke", "--data", join(folder, "data"), "--model", "ma"],
      ...["--size", "16", "--epochs", "2", "--out", out, ...flags],
    ],
    { TF_ENABLE_ONEDNN_OPTS: oneDnn },
  );
  if (code !== 0) throw new Error(stderr);
  const { result } = JSON.parse(await readFile(join(out, "run.json"), "utf8")) as RunRecord;
  return result.records.map(({ loss }) => loss);
}

// Only oneDNN differentiates grouped convolutions on a CPU, and TensorFlow has it only on x86.
describe("the paper's network where TensorFlow does without oneDNN", () => {
  it.each([
    ["compiled", []],
    ["op by op", ["--no-compiled"]],
  ])("trains as with it, %s", async (_how, flags) => {
    const [without, withIt] = [await losses("0", flags), await losses("1", flags)];
    expect(without).toHaveLength(2);
    without.forEach((loss, i) => expect(loss).toBeCloseTo(withIt[i], 3));
  });

  it("trains in bfloat16", async () => {
    const narrow = ["--precision", "bfloat16"];
    const [without, withIt] = [await losses("0", narrow), await losses("1", narrow)];
    without.forEach((loss, i) => expect(loss).toBeCloseTo(withIt[i], 1));
  });
});
