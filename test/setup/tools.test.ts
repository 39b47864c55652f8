import fs from "node:fs";
import path from "node:path";
import { missingOptional, platformOf } from "../../scripts/completeLock.mjs";
import { countTests } from "../../scripts/countTests.mjs";
import { compilerArguments, findCompiler } from "../../scripts/setup/addon.mjs";
import type { SetupFailure } from "../../scripts/setup/failure.mjs";
import { isLockInstalled } from "../../scripts/setup/npm.mjs";
import { pipFailure } from "../../scripts/setup/pip.mjs";
import { describeMachine, installHint, wantsGpu } from "../../scripts/setup/platform.mjs";
import { runLogged, looksOffline } from "../../scripts/setup/shell.mjs";
import { withoutOldUtil } from "../../scripts/setup/tfjs.mjs";
import { temporaryFolder, writeFiles, writeScript } from "./support/temporaryFolder";

const root = path.resolve(__dirname, "..", "..");
const folder = temporaryFolder();
const env = () => ({ PATH: folder() });

describe("the machine", () => {
  it.each([
    ["linux", "x64", true],
    ["linux", "arm64", false],
    ["darwin", "arm64", false],
  ])("%s %s is supported, tested %s", (platform, arch, isTested) => {
    expect(describeMachine(platform, arch)).toMatchObject({ isTested });
  });

  it.each([
    ["win32", "x64", false, /Windows itself/],
    ["darwin", "x64", false, /no wheel for darwin x64/],
    ["linux", "ia32", false, /no wheel for linux ia32/],
    ["linux", "x64", true, /musl/],
  ])("%s %s, musl %s, is refused", (platform, arch, isMusl, message) => {
    expect(() => describeMachine(platform, arch, isMusl)).toThrow(message);
  });
});

describe("the engine", () => {
  it.each([
    ["gpu", true],
    ["cpu", false],
  ])("LAYERBOOK_ENGINE=%s decides", (choice, expected) => {
    writeScript(path.join(folder(), "nvidia-smi"), "echo 'GPU 0: Tesla (UUID: GPU-1)'");
    expect(wantsGpu({ ...env(), LAYERBOOK_ENGINE: choice })).toBe(expected);
  });

  it.each([
    ["answers", "echo 'GPU 0: Tesla (UUID: GPU-1)'", true],
    ["finds no device", "echo 'No devices found'", false],
    ["fails", "exit 9", false],
  ])("is for the GPU if a driver %s: %s", (_what, script, expected) => {
    writeScript(path.join(folder(), "nvidia-smi"), script);
    expect(wantsGpu(env())).toBe(expected);
  });

  it("is for the CPU if there is no driver", () => expect(wantsGpu(env())).toBe(false));

  it("refuses any other word", () => {
    expect(() => wantsGpu({ LAYERBOOK_ENGINE: "tpu" })).toThrow(/expected cpu or gpu, got tpu/);
  });
});

describe("what to install", () => {
  it.each([
    ["compiler", "linux", "ID=debian", "`sudo apt-get install g++`"],
    ["venv", "linux", "ID=ubuntu\nID_LIKE=debian", "`sudo apt-get install python3.11-venv`"],
    ["compiler", "linux", "ID=fedora", "`sudo dnf install gcc-c++`"],
    ["compiler", "darwin", "", "`xcode-select --install`"],
  ] as const)("for the %s on %s, %s", (what, platform, osRelease, hint) => {
    expect(installHint(what, platform, osRelease, "3.11.2")).toBe(hint);
  });

  it("is named even without a known package manager", () => {
    expect(installHint("venv", "linux", "ID=nixos")).toMatch(/venv module/);
  });
});

describe("the compiler", () => {
  it("is the one named by CXX, else the first on the PATH", () => {
    writeScript(path.join(folder(), "clang++"), "");
    writeScript(path.join(folder(), "mine"), "");
    expect(findCompiler(env())).toBe(path.join(folder(), "clang++"));
    expect(findCompiler({ ...env(), CXX: "mine" })).toBe(path.join(folder(), "mine"));
  });

  it("is reported as missing with a remedy", () => {
    const remedy = /Install one with .* or set CXX to its path/;
    expect(() => findCompiler(env())).toThrow(
      "no C++ compiler found (looked for g++, c++, clang++)",
    );
    try {
      findCompiler(env());
    } catch (error) {
      expect((error as SetupFailure).remedy).toMatch(remedy);
    }
  });

  it("links against the wheel's own folder", () => {
    const where = {
      ...{ tfjs: "/tfjs", headers: "/napi", tensorflow: "/tf" },
      ...{ usesGpu: false, output: "/out" },
    };
    expect(compilerArguments(where, "linux")).toEqual(
      expect.arrayContaining(["-shared", "-l:libtensorflow_cc.so.2", "-Wl,-rpath,/tf"]),
    );
    expect(compilerArguments(where, "linux").join(" ")).toContain("attentionOps.cc");
    const define = "-DUSES_GPU";
    expect(compilerArguments(where, "linux")).not.toContain(define);
    expect(compilerArguments({ ...where, usesGpu: true }, "linux")).toContain(define);
    expect(compilerArguments(where, "darwin")).toEqual(
      expect.arrayContaining(["-bundle", "/tf/libtensorflow_cc.2.dylib"]),
    );
  });
});

describe("pip's and npm's output", () => {
  it.each([
    "Temporary failure in name resolution",
    "NewConnectionError('<pip._vendor.urllib3…>: Failed to establish a new connection')",
    "npm error code ENOTFOUND",
    "npm error code EAI_AGAIN",
    "connect ECONNREFUSED 127.0.0.1:9",
  ])("recognises that there is no network: %s", (output) =>
    expect(looksOffline(output)).toBe(true),
  );

  it.each(["No matching distribution found for x==9", "npm error code EUSAGE"])(
    "is recognised as another cause: %s",
    (output) => expect(looksOffline(output)).toBe(false),
  );

  it.each([
    ["NewConnectionError", /cannot reach the Python package index/],
    ["OSError: [Errno 28] No space left on device", /the disk is full/],
    ["ResolutionImpossible", /could not install the packages of environment\.yml/],
  ])("%s becomes a remedy", (output, message) => {
    const failure = pipFailure({
      ok: false,
      output,
      tail: output,
      errors: output,
      log: ".engine/logs/pip.log",
    });
    expect(failure.message).toMatch(message);
    expect(failure.remedy.length).toBeGreaterThan(20);
  });

  it("goes to the log, with progress lines meanwhile", async () => {
    const said: string[] = [];
    const pids: (number | undefined)[] = [];
    const log = path.join(folder(), "logs", "a.log");
    const { ok, output } = await runLogged(
      "/bin/sh",
      ["-c", "echo one; sleep 0.3; echo two >&2; exit 3"],
      {
        cwd: folder(),
        env: process.env,
        log,
        say: (line) => said.push(line),
        onChild: (pid) => pids.push(pid),
        everySeconds: 0.1,
      },
    );
    expect({ ok, output }).toEqual({ ok: false, output: "one\ntwo\n" });
    expect(fs.readFileSync(log, "utf8")).toMatch(/^\$ \/bin\/sh -c .*\none\ntwo\n$/s);
    expect(said).toContain("  … 0 s: one");
    expect(pids).toEqual([expect.any(Number), undefined]);
  });

  it("reports a command that cannot be started", async () => {
    const options = {
      cwd: folder(),
      env: {},
      log: path.join(folder(), "a.log"),
      say() {},
      onChild() {},
    };
    const { ok, output } = await runLogged(path.join(folder(), "none"), [], options);
    expect(ok).toBe(false);
    expect(output).toMatch(/ENOENT/);
  });
});

describe("node_modules", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/a-win32-x64": { version: "1.0.0", optional: true },
    },
  };
  const write = (installed: unknown) =>
    writeFiles(folder(), {
      "package-lock.json": JSON.stringify(lock),
      "node_modules/.package-lock.json": JSON.stringify(installed),
      "node_modules/a/package.json": "{}",
    });

  it("is complete with everything that the lock requires here", () => {
    write({ packages: { "node_modules/a": { version: "1.0.0" } } });
    expect(isLockInstalled(folder())).toBe(true);
  });

  it.each([
    ["another version", { packages: { "node_modules/a": { version: "2.0.0" } } }],
    ["a package missing", { packages: {} }],
  ])("is incomplete with %s", (_what, installed) => {
    write(installed);
    expect(isLockInstalled(folder())).toBe(false);
  });

  it("is incomplete if a folder was removed", () => {
    write({ packages: { "node_modules/a": { version: "1.0.0" } } });
    fs.rmSync(path.join(folder(), "node_modules", "a"), { recursive: true });
    expect(isLockInstalled(folder())).toBe(false);
  });

  it("is incomplete until npm has written its list", () => {
    write({});
    fs.rmSync(path.join(folder(), "node_modules", ".package-lock.json"));
    expect(isLockInstalled(folder())).toBe(false);
  });
});

describe("package-lock.json", () => {
  it("lists the packages for every platform, which npm ci requires", () => {
    const { packages } = JSON.parse(
      fs.readFileSync(path.join(root, "package-lock.json"), "utf8"),
    ) as { packages: Record<string, object> };
    expect(missingOptional(packages).map(({ place }) => place)).toEqual([]);
  });

  it.each([
    ["@rollup/rollup-linux-x64-musl", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }],
    ["@swc/core-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
    ["@img/sharp-darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
    ["fsevents", null],
  ])("%s is for %j", (name, platform) => expect(platformOf(name)).toEqual(platform));

  it("gets back the dependencies of a nested package, next to it", () => {
    const packages = {
      "": {},
      "node_modules/a": { dev: true, optionalDependencies: { "a-linux-x64": "1.0.0" } },
      "node_modules/b/node_modules/a": { optionalDependencies: { "a-win32-x64": "2.0.0" } },
      "node_modules/a-linux-x64": {},
    };
    expect(missingOptional(packages)).toEqual([
      {
        place: "node_modules/b/node_modules/a-win32-x64",
        entry: { version: "2.0.0", os: ["win32"], cpu: ["x64"], optional: true },
      },
    ]);
  });
});

describe("tfjs-node on Node versions without the old util", () => {
  it("uses equivalent plain JavaScript", () => {
    const source = "if ((0, util_1.isNullOrUndefined)(k) || (0, util_1.isArray)(t)) {";
    expect(withoutOldUtil(source)).toBe("if ((k == null) || Array.isArray(t)) {");
  });

  it("is patched in every file except tests", () => {
    const dist = path.dirname(require.resolve("@tensorflow/tfjs-node-gpu"));
    const calling = fs
      .readdirSync(dist, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js") && !name.endsWith("_test.js"))
      .filter((name) => /util_1\.is[A-Z]/.test(fs.readFileSync(path.join(dist, name), "utf8")));
    expect(calling).toEqual([]);
  });
});

describe("the test count at the end of a run", () => {
  const results = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 2,
    numTodoTests: 1,
    numRuntimeErrorTestSuites: 0,
  };
  it.each([
    ["all well", results, 0, { passed: 5, failed: 0, skipped: 3 }],
    ["a test failed", { ...results, numFailedTests: 2 }, 1, { passed: 5, failed: 2, skipped: 3 }],
    [
      "a worker died",
      { ...results, numRuntimeErrorTestSuites: 1 },
      1,
      { passed: 5, failed: 1, skipped: 3 },
    ],
    ["something else failed", results, 1, { passed: 5, failed: 1, skipped: 3 }],
  ])("%s", (_what, json, exitCode, counts) => {
    expect(countTests(JSON.stringify(json), exitCode)).toEqual(counts);
  });

  it("is a failure if jest did not run", () => {
    expect(countTests(null, 2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
