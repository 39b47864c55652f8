import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { audible, npmFailure } from "../../scripts/setup/npm.mjs";
import { SetupFailure, systemFailure } from "../../scripts/setup/failure.mjs";
import { checkoutSteps, projectSteps, rootHint } from "../../scripts/setup/main.mjs";
import { venvProblem, noBasePython } from "../../scripts/setup/python.mjs";
import { runCommand } from "./support/consumer";
import { temporaryFolder, writeFiles, writeScript } from "./support/temporaryFolder";

const root = path.resolve(__dirname, "..", "..");
const folder = temporaryFolder();

/** Runs `body` with a separate file system in `disk`, if mounting one is permitted. */
function withDisk(
  options: string,
  files: Readonly<Record<string, string>>,
  body: (disk: string) => void,
): void {
  const disk = path.join(folder(), "disk");
  fs.mkdirSync(disk);
  const mount = (...args: string[]): boolean => spawnSync("mount", [...args, disk]).status === 0;
  if (!mount("-t", "tmpfs", "-o", options, "tmpfs")) {
    return console.info("skipped: may not mount a disk of its own");
  }
  try {
    writeFiles(disk, files);
    body(disk);
  } finally {
    spawnSync("umount", [disk]);
  }
}

/** The stderr output and exit code of set-up in a project. */
function setUp(
  project: string,
  env: NodeJS.ProcessEnv = process.env,
): { status: number | null; stderr: string } {
  const script = path.join(root, "scripts", "setup.mjs");
  const { status, stderr } = runCommand(
    process.execPath,
    [script, "--project", project],
    root,
    env,
  );
  return { status, stderr };
}

describe("set-up that cannot continue reports it in one line with a remedy", () => {
  const manifest = { "package.json": '{ "private": true }' };

  it("on a disk that is full", () => {
    withDisk("size=512k", manifest, (disk) => {
      const { status, stderr } = setUp(disk);
      expect(stderr).toMatch(/^set-up: the disk is full\nTensorFlow and JupyterLab take 2 GB/m);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(status).toBe(2);
    });
  }, 60_000);

  it("on a disk that is full before its first file", () => {
    withDisk("size=4k", { "package.json": "x".repeat(4096) }, (disk) => {
      const { status, stderr } = setUp(disk);
      expect(stderr).toMatch(/^set-up: the disk is full\n/);
      expect(status).toBe(2);
    });
  }, 60_000);

  it("in a folder that cannot be written", () => {
    withDisk("size=64k", manifest, (disk) => {
      spawnSync("mount", ["-o", "remount,ro", disk]);
      const { status, stderr } = setUp(disk);
      expect(stderr).toMatch(
        /^set-up: .*disk cannot be written \(EROFS\)\nSet-up writes to \.venv/,
      );
      expect(stderr.trim().split("\n")).toHaveLength(2);
      expect(status).toBe(2);
    });
  }, 60_000);

  it.each([
    ["ENOSPC", "the disk is full"],
    ["EDQUOT", "the disk is full"],
    ["EACCES", "/there cannot be written (EACCES)"],
  ])("for %s of any file", (code, message) => {
    const error = Object.assign(new Error("raw"), { code, path: "/there" });
    expect(systemFailure(error, "/root")?.message).toBe(message);
  });

  it("but not for its own bugs", () => {
    expect(systemFailure(new TypeError("x is undefined"), "/root")).toBeNull();
    expect(systemFailure(null, "/root")).toBeNull();
  });

  it("when npm runs out of disk", () => {
    const output = "npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write";
    const report = { ok: false, output, tail: output, errors: output, log: "npm.log" };
    expect(npmFailure(report)).toMatchObject({ message: "the disk is full" });
  });
});

describe("the order of set-up", () => {
  const order = (steps: readonly { readonly name: string }[], names: readonly string[]): number[] =>
    names.map((name) => steps.findIndex((step) => step.name === name));

  it("asks for a compiler before 2 GB of downloads, after building the command line and doctor", () => {
    const at = order(checkoutSteps, ["npm", "build", "compiler", "pip", "addon"]);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at).not.toContain(-1);
    const inProject = order(projectSteps, ["compiler", "pip", "addon"]);
    expect(inProject).toEqual([...inProject].sort((a, b) => a - b));
  });
});

describe("a .venv", () => {
  const range = { from: [3, 10], below: [3, 14] } as const;
  const facts = {
    ...{ executable: "", version: "3.12.1", prefix: "", sitePackages: "" },
    ...{ isManaged: false, hasVenv: true, hasPip: true },
  };

  it.each(["plain", "with a space", "two  spaces and -m venv"])(
    "is kept in a path such as %j",
    (name) => {
      const venv = path.join(folder(), name, ".venv");
      writeFiles(venv, {
        "pyvenv.cfg": `home = /usr/bin\ncommand = /usr/bin/python3 -m venv --clear ${venv}\n`,
      });
      expect(venvProblem(venv, facts, range)).toBeNull();
    },
  );

  it("is recreated if it was moved, even from a path with a space", () => {
    writeFiles(folder(), {
      ".venv/pyvenv.cfg": "command = /usr/bin/python3 -m venv /else where/.venv\n",
    });
    expect(venvProblem(path.join(folder(), ".venv"), facts, range)).toBe(
      "was made for /else where/.venv",
    );
  });

  it("requires another Python if the system's is too new", () => {
    const found = [{ ...facts, executable: "/usr/bin/python3", version: "3.14.0" }];
    for (const platform of ["linux", "darwin"]) {
      const { message, remedy } = noBasePython(found, range, platform);
      expect(message).toContain("/usr/bin/python3 is 3.14.0, too new");
      expect(remedy).toMatch(/Install Python 3\.10 to 3\.13 beside it with .*(3\.12|python3\.12)/);
      expect(remedy).not.toMatch(/apt-get install python3[ `]/);
    }
  });
});

describe("the output of set-up", () => {
  it("includes npm's reason, even under `npm run -s`", () => {
    const script = `require("node:child_process").spawnSync("npm", ["view", "./none", ${JSON.stringify(audible).slice(1, -1)}], { stdio: "inherit" })`;
    const env = { ...process.env, npm_config_loglevel: "silent" };
    const { stderr } = runCommand(process.execPath, ["-e", script], folder(), env);
    expect(stderr).toMatch(/npm error/);
  }, 60_000);

  it("tells root how to start JupyterLab", () =>
    expect(rootHint).toMatch(/jupyter lab --allow-root/));

  it("is not a stack trace if Python does not respond", () => {
    writeFiles(folder(), { "project/package.json": "{}" });
    writeScript(path.join(folder(), "bin", "python3"), "exit 1");
    const { status, stderr } = setUp(path.join(folder(), "project"), {
      PATH: path.join(folder(), "bin"),
    });
    expect(stderr).toMatch(/^set-up: no Python found on the PATH\nInstall Python/);
    expect(status).toBe(2);
    expect(new SetupFailure("a", "b")).toBeInstanceOf(Error);
  });
});
