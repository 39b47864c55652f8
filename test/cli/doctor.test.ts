import fs from "node:fs";
import path from "node:path";
import { broken, note, ok } from "../../src/cli/doctor/check";
import { checkEngine } from "../../src/cli/doctor/engineChecks";
import { formatChecks } from "../../src/cli/doctor/examine";
import { checkKernel } from "../../src/cli/doctor/kernelCheck";
import { formatOps } from "../../src/cli/doctor/opsTable";
import { findProject } from "../../src/cli/doctor/project";
import { checkNode, checkOneTfjs, checkPlatform } from "../../src/cli/doctor/versionChecks";
import { temporaryFolder, writeFiles } from "../setup/support/temporaryFolder";

const folder = temporaryFolder();

function project(root = folder()) {
  return { packageRoot: root, root, isCheckout: true, setupCommand: "npm run setup" };
}

describe("doctor on the engine", () => {
  const answer = { backend: "tensorflow", tensorflow: "2.21.0", usesGpu: true, sum: 512 };
  const states = (probe: Parameters<typeof checkEngine>[0], env = {}) =>
    checkEngine(probe, project(), env).map(({ name, state }) => `${name} ${state}`);

  it("is ok if a multiplication is correct", () => {
    expect(states({ answer })).toEqual(["engine ok", "TensorFlow ok", "devices ok", "threads ok"]);
  });

  it.each([
    ["a wrong product", { ...answer, sum: 511 }],
    ["another backend", { ...answer, backend: "cpu" }],
  ])("finds %s", (_what, wrong) => expect(states({ answer: wrong })[0]).toBe("engine broken"));

  it("reports why it does not load, and what to run", () => {
    expect(checkEngine({ problem: "Error: gone" }, project(), {})).toEqual([
      expect.objectContaining({ state: "broken", value: "Error: gone" }),
    ]);
  });

  it("shows the limits on threads", () => {
    const [, , , threads] = checkEngine({ answer }, project(), { OMP_NUM_THREADS: "1" });
    expect(threads.value).toMatch(/^\d+ cores? \(OMP_NUM_THREADS=1\)$/);
  });
});

describe("doctor on the kernel", () => {
  const spec = "share/jupyter/kernels/layerbook/kernel.json";
  const install = (argv: unknown) =>
    writeFiles(folder(), {
      ".engine/python.json": JSON.stringify({
        key: "k",
        result: { executable: "python", prefix: folder() },
      }),
      [spec]: JSON.stringify({ argv, display_name: "TypeScript (layerbook)" }),
    });

  it("is ok if its programs exist", () => {
    install([process.execPath, "{connection_file}"]);
    expect(checkKernel(project())).toMatchObject({ state: "ok" });
  });

  it.each([
    ["it was never set up", () => {}, /not installed/],
    [
      "a program is gone",
      () => install(["/gone/node"]),
      /starts \/gone\/node, which does not exist/,
    ],
    ["its file is not a kernelspec", () => install(7), /cannot be read/],
    [
      "its file is gone",
      () => {
        install([process.execPath]);
        fs.rmSync(path.join(folder(), spec));
      },
      /^no .*kernel\.json/,
    ],
  ])("finds that %s", (_what, prepare, value) => {
    prepare();
    const check = checkKernel(project());
    expect(check).toMatchObject({ state: "broken" });
    expect(check.value).toMatch(value);
    expect(check.remedy).toContain("npm run setup");
  });
});

describe("doctor on versions", () => {
  it.each([
    ["18.20.0", "broken"],
    ["20.0.0", "ok"],
    ["24.21.0", "ok"],
    ["25.0.0", "note"],
  ])("Node %s: %s", (version, state) => expect(checkNode(version).state).toBe(state));

  it.each([
    ["linux", "x64", "ok"],
    ["darwin", "arm64", "note"],
    ["win32", "x64", "broken"],
  ])("%s %s: %s", (platform, arch, state) => {
    expect(checkPlatform(platform, arch).state).toBe(state);
  });
});

describe("doctor's output", () => {
  it("puts each remedy below its problem, and ends with the count", () => {
    const checks = [ok("engine", "native"), note("a", "old", "Renew."), broken("b", "no", "Mend.")];
    expect(formatChecks(checks)).toBe(
      [
        "ok      engine  native",
        "note    a       old",
        "                -> Renew.",
        "BROKEN  b       no",
        "                -> Mend.",
        "",
        "1 of 3 are broken.",
      ].join("\n"),
    );
  });

  it("lists the ops and the form that runs", () => {
    const table = formatOps(
      [
        { name: "relu", tensorflowOps: ["Relu", "ReluGrad"], active: "native" },
        { name: "adam", tensorflowOps: [], active: "composite" },
      ],
      "tensorflow",
    );
    expect(table.split("\n")).toEqual([
      "op    runs       TensorFlow ops (backend tensorflow)",
      "adam  composite  no native form",
      "relu  native     Relu, ReluGrad",
    ]);
  });
});

describe("the project of doctor and setup", () => {
  it("is the repository itself", () => {
    writeFiles(folder(), { "environment.yml": "", "src/cli/main.ts": "" });
    expect(findProject(path.join(folder(), "src", "cli"), "/")).toEqual({
      packageRoot: folder(),
      root: folder(),
      isCheckout: true,
      setupCommand: "npm run setup",
    });
  });

  it("is the project that depends on layerbook, from any folder in it", () => {
    writeFiles(folder(), {
      "package.json": "{}",
      "deep/er/a.txt": "",
      "node_modules/layerbook/environment.yml": "",
      "node_modules/layerbook/dist/cli.js": "",
    });
    const here = path.join(folder(), "node_modules", "layerbook", "dist");
    expect(findProject(here, path.join(folder(), "deep", "er"))).toMatchObject({
      root: folder(),
      isCheckout: false,
      setupCommand: "npx layerbook setup",
    });
  });
});

describe("doctor on tfjs", () => {
  const tfjs = (root: string, version: string): string => {
    const manifest = JSON.stringify({ name: "@tensorflow/tfjs", version });
    writeFiles(root, { "node_modules/@tensorflow/tfjs/package.json": manifest });
    return fs.realpathSync(path.join(root, "node_modules", "@tensorflow", "tfjs"));
  };

  it("names both copies, with versions and paths", () => {
    const root = folder();
    const own = path.join(root, "node_modules", "layerbook");
    const outer = tfjs(root, "4.21.0");
    const inner = tfjs(own, "4.22.0");
    expect(checkOneTfjs(own, root)).toEqual([
      expect.objectContaining({
        state: "broken",
        value: `4.22.0 in ${inner} and 4.21.0 in ${outer}`,
      }),
    ]);
  });

  it("reports nothing if there is one", () => {
    const root = folder();
    tfjs(root, "4.22.0");
    expect(checkOneTfjs(path.join(root, "node_modules", "layerbook"), root)).toEqual([]);
  });
});
