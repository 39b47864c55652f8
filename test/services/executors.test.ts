import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { discSamples } from "../experiments/support/samples";
import { buildCli } from "../support/buildCli";
import type { BuiltCli } from "../support/buildCli";
import { writeImageFolder } from "../support/imageFolder";
import { killOneJob } from "../support/killOneJob";
import {
  describeWith,
  eventually,
  freePort,
  serviceProgram,
  startService,
  stopService,
} from "../support/services";
import { SLURM_PROGRAMS, startSlurm } from "../support/slurm";
import type { SlurmCluster } from "../support/slurm";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const at = (...names: string[]): string => join(folder, ...names);
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
  await writeImageFolder(at("data"), discSamples(6, 16));
});
afterAll(() => cli.remove());

const compare = (out: string, ...more: string[]): string[] => [
  ...["compare", "--data", at("data"), "--out", at(out), "--models", "unet"],
  ...["--augmentation", "none", "--preset", "smoke", "--size", "16", "--epochs", "25"],
  ...["--filters", "2", "--depth", "1", "--no-compiled", "--json", "--yes", ...more],
];

/** A comparison whose worker is killed during a job: nothing is lost, and the job counts once. */
async function surviveAKill(
  out: string,
  executor: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const running = cli.run(compare(out, ...executor), env);
  await killOneJob(at(out));
  const { code, stdout, stderr } = await running;
  expect([code, stderr.includes("layerbook:")]).toEqual([0, false]);
  const { records, ...rest } = JSON.parse(stdout) as { records: { id: string }[] };
  expect(rest).toMatchObject({ isComplete: true, trained: 2, found: 0 });
  expect(records.map(({ id }) => id)).toEqual(["unet-none-fold1", "unet-none-fold2"]);
  const again = await cli.run(compare(out, ...executor), env);
  expect(JSON.parse(again.stdout)).toMatchObject({ isComplete: true, trained: 0, found: 2 });
}

/** A comparison whose jobs are refused, since their curves have no place to go. */
async function refuse(
  out: string,
  executor: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  writeFileSync(at("a-file"), "");
  const curves = ["--tensorboard", at("a-file", "curves")];
  const { code, stderr } = await cli.run(compare(out, ...executor, ...curves), env);
  expect(code).toBe(2);
  const line = stderr.trim().split("\n").at(-1) ?? "";
  const [, log = ""] =
    / got none of unet-none-fold1 .*got a path that goes through a file.* Read (\S+),/.exec(
      line,
    ) ?? ["", line];
  // Once: it would be refused again.
  expect(readFileSync(log, "utf8").match(/got a path that goes through a file/g)).toHaveLength(1);
}

describeWith(SLURM_PROGRAMS)("on a real Slurm of one node", () => {
  let cluster: SlurmCluster;
  beforeAll(async () => {
    cluster = await startSlurm(at("slurm"));
  });
  afterAll(() => cluster.stop());

  it("runs a study as an array job, despite a worker's death", async () => {
    const executor = ["--executor", "slurm", "--slurm", "--cpus-per-task=1"];
    await surviveAKill("under-slurm", executor, cluster.env);
    expect(readdirSync(at("under-slurm", "slurm")).sort()).toEqual(["0.log", "1.log"]);
    expect(readFileSync(at("under-slurm", "slurm", "0.log"), "utf8")).toMatch(/fold1 is done/);
  });

  it("does not submit a job again that was refused", async () => {
    await refuse("refused-by-slurm", ["--executor", "slurm"], cluster.env);
  });
});

describeWith(["ray"])("on a real Ray cluster of one node", () => {
  let ray: ChildProcess | null = null;
  let url = "";
  beforeAll(async () => {
    const [port, dashboard, client] = [await freePort(), await freePort(), await freePort()];
    url = `http://127.0.0.1:${dashboard}`;
    ray = startService(serviceProgram("ray") ?? "ray", [
      ...["start", "--head", "--block", "--disable-usage-stats", `--port=${port}`],
      ...[`--dashboard-port=${dashboard}`, "--num-cpus=2", "--object-store-memory=100000000"],
      ...["--min-worker-port=0", "--max-worker-port=0", `--ray-client-server-port=${client}`],
    ]);
    await eventually(async () => {
      const response = await fetch(`${url}/api/version`);
      return response.ok ? true : null;
    });
  });
  afterAll(() => stopService(ray));

  it("runs a study's jobs, despite a worker's death", async () => {
    await surviveAKill("under-ray", ["--executor", "ray", "--ray", url]);
  });

  it("does not submit a job again that was refused, and shows what it printed", async () => {
    await refuse("refused-by-ray", ["--executor", "ray", "--ray", url]);
  });
});

describe("without a service", () => {
  it("says on one line that Ray does not answer", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await cli.run(compare("no-ray", "--executor", "ray", "--ray", url));
    expect(code).toBe(2);
    const lines = stderr.trim().split("\n");
    expect(lines.at(-1)).toMatch(/api\/jobs\/: expected Ray's Jobs API to answer, got no answer/);
  });

  it("says on one line that there is no Slurm", async () => {
    const args = compare("no-slurm", "--executor", "slurm");
    const { code, stderr } = await cli.run(args, { PATH: at("nothing-here") });
    expect(code).toBe(2);
    expect(stderr.trim().split("\n").at(-1)).toMatch(/squeue: .* to answer, got no such program/);
  });
});
