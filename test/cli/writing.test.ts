import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNiftiLabels, writePhantom } from "../../src/data";
import { discSamples } from "../experiments/support/samples";
import { buildCli } from "../support/buildCli";
import type { BuiltCli, CliResult } from "../support/buildCli";
import { writeImageFolder } from "../support/imageFolder";

/** A user without permissions, as whom commands run if this process is root. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const uid = isRoot ? NOBODY : undefined;

let folder: string;
let cli: BuiltCli;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-writing-"));
  await chmod(folder, 0o755);
  cli = await buildCli();
  await writeImageFolder(at("data"), discSamples(6, 24));
  const trained = await cli.run([
    ...["train", "--data", at("data"), "--model", "unet", "--out", at("run"), "--preset", "smoke"],
    ...["--size", "16", "--epochs", "1", "--filters", "2", "--depth", "1", "--no-compiled"],
  ]);
  expect(trained.stderr).not.toMatch(/^layerbook/m);
  for (const name of ["a", "b", "c", "d"]) {
    await writePhantom(at("scans", name), { count: 24, size: 64, seed: 1 });
    const one = { recursive: true } as const;
    await mkdir(at(name < "c" ? "first" : "second"), one);
    spawnSync("mv", [
      at("scans", name, "tr_im.nii.gz"),
      at(name < "c" ? "first" : "second", `${name}.nii.gz`),
    ]);
  }
}, 120_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await cli.remove();
});

const predict = (input: string, output: string): string[] => [
  ...["predict", "--model", at("run"), "--input", input, "--output", output],
];

/** Expects the result of bad input: exit code 2, and one line with a typed error after the progress. */
function expectRefused({ code, stderr }: CliResult, message: RegExp): void {
  const said = stderr.split("\n").filter((line) => line.startsWith("layerbook: "));
  expect(said).toEqual([expect.stringMatching(message)]);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(2);
}

/** Mounts a memory disk; `false` if that is not allowed. */
function mounted(options: string, path: string): boolean {
  const quiet = { stdio: "ignore" } as const;
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], quiet).status === 0;
}

describe("predict", () => {
  it("loses no mask if two processes write into one folder", async () => {
    const results = await Promise.all([
      cli.run(predict(at("first"), at("masks"))),
      cli.run(predict(at("second"), at("masks"))),
    ]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    // Drafts would be listed too.
    expect((await readdir(at("masks"))).sort()).toEqual(
      ["a", "b", "c", "d"].map((name) => `${name}.nii.gz`),
    );
    expect((await readNiftiLabels(at("masks", "d.nii.gz"))).shape).toEqual([64, 64, 24]);
  }, 60_000);

  it("reports a full disk, and leaves no partial mask", async () => {
    await mkdir(at("small"));
    if (!mounted("size=16k", at("small"))) return console.info("skipped: may not mount a disk");
    try {
      const result = await cli.run(predict(at("first", "a.nii.gz"), at("small", "a.nii")));
      expectRefused(result, /a\.nii: expected a place to write to, got a full disk\. Free some/);
      expect(await readdir(at("small"))).toEqual([]);
    } finally {
      spawnSync("umount", [at("small")]);
    }
  }, 60_000);

  it("reports a read-only disk", async () => {
    await mkdir(at("fixed"));
    if (!mounted("ro", at("fixed"))) return console.info("skipped: may not mount a disk");
    try {
      const result = await cli.run(predict(at("first"), at("fixed", "masks")));
      expectRefused(result, /fixed\/masks: .*got a read-only file system\. Choose another place/);
    } finally {
      spawnSync("umount", [at("fixed")]);
    }
  }, 60_000);

  it("reports a file in place of the folder", async () => {
    await writeFile(at("taken"), "a file");
    const message = /taken(\/masks)?: expected a place to write to, got a (file where|path that)/;
    expectRefused(await cli.run(predict(at("first"), at("taken"))), message);
    expectRefused(await cli.run(predict(at("first"), at("taken", "masks"))), message);
  }, 60_000);
});

describe("a study on a full disk", () => {
  it("is reported in one line, and resumes when there is space", async () => {
    await mkdir(at("tight"));
    if (!mounted("size=24k", at("tight"))) return console.info("skipped: may not mount a disk");
    const compare = [
      ...["compare", "--data", at("data"), "--out", at("tight", "study"), "--models", "unet"],
      ...["--augmentation", "none", "--preset", "smoke", "--size", "16", "--epochs", "1"],
      ...["--filters", "2", "--depth", "1", "--folds", "2", "--no-compiled", "--yes"],
    ];
    try {
      expectRefused(await cli.run(compare), /tight\/study.*(a full disk|the disk is full)/);
      spawnSync("mount", ["-o", "remount,size=8m", at("tight")]);
      const { code, stdout } = await cli.run(compare);
      expect([code, stdout]).toEqual([0, expect.stringContaining("Saved in")]);
    } finally {
      spawnSync("umount", [at("tight")]);
    }
  }, 120_000);
});

describe("a stopped predict", () => {
  /** Starts a prediction of many slices and ends it with a signal once it has begun to write. */
  async function stopped(output: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = cli.start([...predict(at("second"), output), "--batch-size", "1"]);
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const isBegun = (): boolean => existsSync(output) && readdirSync(output).length > 0;
    while (!isBegun()) await new Promise((next) => setTimeout(next, 5));
    child.kill(signal);
    return ended;
  }

  it("by Ctrl-C or SIGTERM leaves nothing", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      expect(await stopped(at(signal), signal)).toBe(130);
      expect(existsSync(at(signal))).toBe(false);
    }
  }, 60_000);

  it("by kill -9 leaves no mask, and a later run cleans up and writes all", async () => {
    expect(await stopped(at("killed"), "SIGKILL")).toBeNull();
    expect(await readdir(at("killed"))).toEqual([expect.stringMatching(/^\..*\.partial$/)]);
    // Drafts of running processes are kept.
    const [draft] = await readdir(at("killed"));
    const running = draft.replace(/-\d+-/, `-${process.pid}-`);
    await mkdir(at("killed", running));
    const again = await cli.run(predict(at("second"), at("killed")));
    expect(again.code).toBe(0);
    expect((await readdir(at("killed"))).sort()).toEqual([running, "c.nii.gz", "d.nii.gz"]);
  }, 60_000);
});

describe("an existing file", () => {
  it("is replaced only with --overwrite", async () => {
    const names = ["a.nii.gz", "b.nii.gz"];
    await mkdir(at("truth"));
    for (const name of names) await writeFile(at("truth", name), "somebody's only copy");
    const refused = await cli.run(predict(at("first"), at("truth")));
    expectRefused(
      refused,
      /truth\/a\.nii\.gz: expected no file with this name, got an existing file, which would be replaced, and 1 more\. .*--overwrite/,
    );
    // Checked before the model is loaded.
    expect(refused.stderr).not.toMatch(/\d+\/24/);
    expect(await readFile(at("truth", "b.nii.gz"), "utf8")).toBe("somebody's only copy");
    expect((await cli.run([...predict(at("first"), at("truth")), "--overwrite"])).code).toBe(0);
    expect((await readNiftiLabels(at("truth", "b.nii.gz"))).shape).toEqual([64, 64, 24]);
  }, 60_000);

  it.each([
    ["report", () => ["report", at("run"), "--out", at("mine.html")], "mine.html"],
    ["export", () => ["export", at("run"), "--to", "web", "--output", at("web")], "web/model.json"],
    [
      "export of a saved model",
      () => ["export", at("run"), "--to", "saved-model", "--output", at("saved")],
      "saved/saved_model.pb",
    ],
    ["phantom", () => ["phantom", "--out", at("scans", "e")], "scans/e/tr_mask.nii.gz"],
    [
      "compare",
      () => ["compare", "--data", at("data"), "--models", "unet", "--out", at("study"), "--yes"],
      "study/table1.md",
    ],
  ])("%s", async (_, args, file) => {
    await mkdir(join(at(file), ".."), { recursive: true });
    await writeFile(at(file), "mine");
    const result = await cli.run(args());
    const line = result.stderr.split("\n").find((one) => one.startsWith("layerbook: ")) ?? "";
    expect(line).toContain(file);
    expect(line).toMatch(/would (be replaced|replace)/);
    expect(result.code).toBe(2);
    expect(await readFile(at(file), "utf8")).toBe("mine");
  });
});

describe("a user without permissions", () => {
  /** Whether such a user can run the built command at all. */
  async function canRun(): Promise<boolean> {
    if ((await cli.run(["config", "smoke"], {}, uid)).code === 0) return true;
    console.info("skipped: another user may not read the folder of the command line");
    return false;
  }

  it("gets an error for a folder without write permission", async () => {
    if (!(await canRun())) return;
    await mkdir(at("foreign"));
    await chmod(at("foreign"), 0o555);
    const message =
      /foreign.*: expected a place to write to, got a place that you may not write to/;
    for (const output of [at("foreign"), at("foreign", "masks"), at("foreign", "a.nii.gz")]) {
      const input = output.endsWith("gz") ? at("first", "a.nii.gz") : at("first");
      expectRefused(await cli.run(predict(input, output), {}, uid), message);
    }
    const train = await cli.run(
      ["train", "--data", at("data"), "--out", at("foreign", "run"), "--preset", "smoke"],
      {},
      uid,
    );
    expectRefused(train, message);
    expect(await readdir(at("foreign"))).toEqual([]);
  }, 120_000);

  it("can write into their own folder whose parent is not theirs", async () => {
    if (!(await canRun())) return;
    await mkdir(at("parent", "own"), { recursive: true });
    if (isRoot) await chown(at("parent", "own"), NOBODY, NOBODY);
    await chmod(at("parent"), 0o555);
    const result = await cli.run(predict(at("first"), at("parent", "own")), {}, uid);
    await chmod(at("parent"), 0o755);
    expect(result.code).toBe(0);
    expect((await readdir(at("parent", "own"))).sort()).toEqual(["a.nii.gz", "b.nii.gz"]);
  }, 60_000);

  it("gets an error for a scan or run without read permission", async () => {
    if (!(await canRun())) return;
    await mkdir(at("locked"));
    await writePhantom(at("locked"), { count: 1, size: 32, seed: 1 });
    const scan = at("locked", "tr_im.nii.gz");
    await chmod(scan, 0);
    const result = await cli.run(predict(scan, at("nowhere")), {}, uid);
    expectRefused(result, /tr_im\.nii\.gz: .*got a file that may not be opened\. Give yourself/);
    await mkdir(at("locked-run"));
    await writeFile(at("locked-run", "run.json"), "{}");
    await chmod(at("locked-run", "run.json"), 0);
    const other = await cli.run(
      ["predict", "--model", at("locked-run"), "--input", at("first"), "--output", at("nowhere")],
      {},
      uid,
    );
    expectRefused(other, /run\.json: .*got a file that may not be opened/);
  }, 60_000);
});
