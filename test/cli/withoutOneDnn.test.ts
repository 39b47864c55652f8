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
async function train(
  oneDnn: "0" | "1",
  flags: readonly string[],
): Promise<{ losses: number[]; stderr: string }> {
  const out = join(folder, ["run", oneDnn, ...flags].join("-"));
  const { code, stderr } = await cli.run(
    [
      ...["train", "--preset", "smoke", "--data", join(folder, "data"), "--model", "ma"],
      ...["--size", "16", "--epochs", "2", "--out", out, ...flags],
    ],
    { TF_ENABLE_ONEDNN_OPTS: oneDnn },
  );
  if (code !== 0) throw new Error(stderr);
  const { result } = JSON.parse(await readFile(join(out, "run.json"), "utf8")) as RunRecord;
  return { losses: result.records.map(({ loss }) => loss), stderr };
}

// Only oneDNN differentiates grouped convolutions on a CPU, and TensorFlow has it only on x86.
describe("the paper's network in TensorFlow without oneDNN", () => {
  it.each([
    ["compiled", [], 3],
    ["op by op", ["--no-compiled"], 3],
    ["in bfloat16", ["--precision", "bfloat16"], 1],
  ])("trains as it does with oneDNN, %s", async (_how, flags, digits) => {
    const [without, withIt] = [await train("0", flags), await train("1", flags)];
    expect(without.losses).toHaveLength(2);
    without.losses.forEach((loss, i) => expect(loss).toBeCloseTo(withIt.losses[i], digits));
    const isSlow = without.stderr.includes("float32 is several times as fast");
    expect(isSlow).toBe(flags.includes("bfloat16"));
  });
});
