import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunRecord } from "../../../src/experiments/storage/runs";
import { buildCli } from "../../support/buildCli";
import type { BuiltCli } from "../../support/buildCli";
import { writeImageFolder } from "../../support/imageFolder";
import { discSamples } from "../support/samples";

let folder: string;
let cli: BuiltCli;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-killed-"));
  await writeImageFolder(join(folder, "data"), discSamples(24, 32));
  cli = await buildCli();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await cli.remove();
});

function trainInto(name: string, mode: "compiled" | "eager"): string[] {
  return [
    ...["train", "--model", "residualAttentionUnet", "--preset", "smoke", "--json"],
    ...["--data", join(folder, "data"), "--size", "32", "--epochs", "5", "--seed", "7"],
    ...["--out", join(folder, name)],
    ...(mode === "eager" ? ["--no-compiled"] : []),
  ];
}

async function recordOf(name: string): Promise<RunRecord> {
  return JSON.parse(await readFile(join(folder, name, "run.json"), "utf8")) as RunRecord;
}

/** Starts a training and kills it, past any handler, once a file is there. */
async function killWhen(args: string[], file: string): Promise<void> {
  const child = cli.start(args);
  const ended = once(child, "exit");
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before ${file}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  expect((await ended)[1]).toBe("SIGKILL");
}

describe.each(["compiled", "eager"] as const)("a training that was killed, %s", (mode) => {
  it("goes on, and ends with the same weights to the bit", async () => {
    const whole = await cli.run(trainInto(`whole-${mode}`, mode));
    expect(whole.code).toBe(0);

    const name = `killed-${mode}`;
    const run = join(folder, name);
    const args = trainInto(name, mode);
    await killWhen(args, join(run, "checkpoint.safetensors"));
    // And once more while a checkpoint is being written.
    await killWhen(args, join(run, ".checkpoint.safetensors.partial"));
    expect(existsSync(join(run, "run.json"))).toBe(false);
    const rest = await cli.run(args);
    expect(rest.code).toBe(0);

    expect((await readdir(run)).sort()).toEqual(["run.json", "split.json", "weights.safetensors"]);
    const weights = join("weights.safetensors");
    expect(await readFile(join(run, weights))).toEqual(
      await readFile(join(folder, `whole-${mode}`, weights)),
    );
    const records = async (from: string) =>
      (await recordOf(from)).result.records.map((record) => ({ ...record, seconds: 0 }));
    expect(await records(name)).toEqual(await records(`whole-${mode}`));
  });
});
