import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
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

/** What a killed write may leave behind. */
const isDraft = (name: string): boolean => name.endsWith(".partial");

/** The files of a folder, including those being written; none if there is no folder. */
function filesIn(run: string): string[] {
  return existsSync(run) ? readdirSync(run) : [];
}

/** Starts a training and kills it with SIGKILL once a file exists. */
async function killWhen(args: string[], run: string, file: RegExp): Promise<void> {
  const before = filesIn(run);
  const isThere = (): boolean =>
    filesIn(run).some((name) => file.test(name) && !(isDraft(name) && before.includes(name)));
  const child = cli.start(args);
  const ended = once(child, "exit");
  while (!isThere()) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before ${file}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  expect((await ended)[1]).toBe("SIGKILL");
}

describe.each(["compiled", "eager"] as const)("a killed training, %s", (mode) => {
  it("resumes, and ends with bitwise the same weights", async () => {
    const whole = await cli.run(trainInto(`whole-${mode}`, mode));
    expect([whole.code, whole.code === 0 ? "" : whole.stderr]).toEqual([0, ""]);

    const name = `killed-${mode}`;
    const run = join(folder, name);
    const args = trainInto(name, mode);
    await killWhen(args, run, /^checkpoint\.safetensors$/);
    // And once more while a checkpoint is being written.
    await killWhen(args, run, /^\.checkpoint\.safetensors\..*partial$/);
    expect(existsSync(join(run, "run.json"))).toBe(false);
    const rest = await cli.run(args);
    expect(rest.code).toBe(0);

    const finished = filesIn(run).filter((name) => !isDraft(name));
    const files = ["manifest.json", "run.json", "split.json", "weights.safetensors"];
    expect(finished.sort()).toEqual(files);
    const weights = join("weights.safetensors");
    expect(await readFile(join(run, weights))).toEqual(
      await readFile(join(folder, `whole-${mode}`, weights)),
    );
    const records = async (from: string) =>
      (await recordOf(from)).result.records.map((record) => ({ ...record, seconds: 0 }));
    expect(await records(name)).toEqual(await records(`whole-${mode}`));
  });
});
