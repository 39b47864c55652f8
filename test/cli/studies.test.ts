import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { discSamples } from "../experiments/support/samples";
import { buildCli } from "../support/buildCli";
import type { BuiltCli } from "../support/buildCli";
import { killOneJob } from "../support/killOneJob";
import { writeImageFolder } from "../support/imageFolder";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const at = (...names: string[]): string => join(folder, ...names);
let cli: BuiltCli;

beforeAll(async () => {
  cli = await buildCli();
  await writeImageFolder(at("data"), discSamples(6, 16));
});
afterAll(() => cli.remove());

/** Two trainings of many short epochs, so that there is time to kill one after its checkpoint. */
const compare = (out: string, ...more: string[]): string[] => [
  ...["compare", "--data", at("data"), "--out", at(out), "--models", "unet"],
  ...["--augmentation", "none", "--preset", "smoke", "--size", "16", "--epochs", "25"],
  ...["--filters", "2", "--depth", "1", "--no-compiled", "--json", ...more],
];
const jobs = (out: string) => readdirSync(at(out, "jobs")).map((id) => at(out, "jobs", id));

interface Comparison {
  readonly isComplete: boolean;
  readonly trained: number;
  readonly records: readonly { readonly id: string; readonly cases: unknown }[];
}

describe("compare in separate processes", () => {
  it("loses nothing if a worker is killed during a job, and counts the job once", async () => {
    const running = cli.run(compare("killed", "--jobs", "2"));
    const job = await killOneJob(at("killed"));
    const { code, stdout, stderr } = await running;
    expect(stderr).toMatch(/^compare: 2 trainings, very roughly \d+ s/);
    expect(code).toBe(0);
    const killed = JSON.parse(stdout) as Comparison;
    expect(killed).toMatchObject({ isComplete: true, trained: 2 });
    expect(killed.records.map(({ id }) => id)).toEqual(["unet-none-fold1", "unet-none-fold2"]);
    expect(readFileSync(join(job, "log.txt"), "utf8")).toMatch(/is done/);
    expect(
      jobs("killed")
        .flatMap((path) => readdirSync(path))
        .sort(),
    ).not.toContain("lock.json");
    // Bitwise the same as uninterrupted trainings.
    const whole = await cli.run(compare("whole"));
    const records = (JSON.parse(whole.stdout) as Comparison).records;
    expect(records.map(({ cases }) => cases)).toEqual(killed.records.map(({ cases }) => cases));
  }, 120_000);

  it("finds everything done if it is called again", async () => {
    const again = await cli.run(compare("killed"));
    expect(JSON.parse(again.stdout)).toMatchObject({ isComplete: true, trained: 0, found: 2 });
    const job = await cli.run(["job", at("killed"), "--index", "1"]);
    expect(job).toMatchObject({ code: 0, stdout: "unet-none-fold2 is done\n" });
  }, 60_000);

  it.each([
    [["job", "nowhere", "--index", "0"], /nowhere: expected a study's folder, got no study\.json/],
    [["job", "FOLDER", "--index", "7"], /expected a job from 0 to 1, got 7/],
    [["job", "FOLDER"], /job: expected --id or --index, got neither/],
    [["ablate", "--out", "x", "--factors", "colour"], /expected factors among .*, got "colour"/],
    [
      ["compare", "--out", "x", "--data", "DATA", "--models", "unet", "--preset", "smoke"],
      /config\.model\.attention: expected null for model unet, got "gate"/,
    ],
  ])(
    "refuses %j with one line",
    async (args, message) => {
      const more = args[0] === "compare" ? ["--set", "model.attention=gate"] : [];
      const known: Record<string, string> = { FOLDER: at("killed"), DATA: at("data"), x: at("x") };
      const result = await cli.run([...args, ...more].map((word) => known[word] ?? word));
      expect(result.code).toBe(2);
      expect(result.stderr.trim().split("\n")).toEqual([expect.stringMatching(message)]);
      expect(existsSync(at("x"))).toBe(false);
    },
    60_000,
  );
});
