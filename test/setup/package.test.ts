import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { installTarball, linkTarball, nestTfjs, packProject, runCommand } from "./support/consumer";
import { writeFiles } from "./support/temporaryFolder";

const root = path.resolve(__dirname, "..", "..");
// npm would fetch 400 packages; without CI the project's own packages are used instead.
const isInstalled = process.env["CI"] !== undefined;

const program = `
const layer = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8 });
const { shape } = layer.apply(tf.zeros([1, 5, 7, 6]));
console.log(JSON.stringify({ backend: tf.getBackend(), shape }));
`;
describe("the package, packed and installed elsewhere", () => {
  let folder = "";
  let consumer = "";
  let tarball = "";

  beforeAll(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "layerbook-package-")));
    consumer = path.join(folder, "consumer");
    tarball = packProject(root, folder);
    writeFiles(consumer, {
      "package.json": '{ "name": "consumer", "private": true }',
      "esm.mjs": `import * as tf from "@tensorflow/tfjs";\nimport { LSHAttention } from "layerbook";${program}`,
      "cjs.cjs": `const tf = require("@tensorflow/tfjs");\nconst { LSHAttention } = require("layerbook");${program}`,
    });
    if (isInstalled) installTarball(consumer, tarball);
    else linkTarball(consumer, tarball, root);
  }, 600_000);

  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it.each(["esm.mjs", "cjs.cjs"])(
    "%s imports a layer and applies it, without an engine",
    (file) => {
      const { stdout, stderr } = runCommand(process.execPath, [file], consumer);
      expect(stderr.replace(/^.*(Hi, looks like|=====)[\s\S]*$/m, "").trim()).toBe("");
      expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
        backend: "cpu",
        shape: [1, 5, 7, 6],
      });
    },
    60_000,
  );

  it("is the same to import and to require, and starts nothing until the engine is asked for", () => {
    const script = `
      import * as tf from "@tensorflow/tfjs";
      import { createRequire } from "node:module";
      import * as layerbook from "layerbook";
      import { Figure } from "layerbook/viz";
      const require = createRequire(import.meta.url);
      const started = tf.engine().backendName ?? null;
      const node = await import("layerbook/node");
      const { backend, problem } = node.loadEngine();
      console.log(JSON.stringify({
        started,
        oneLayer: layerbook.LSHAttention === require("layerbook").LSHAttention,
        oneError: node.ConfigError === require("layerbook").ConfigError,
        oneFigure: Figure === require("layerbook/notebook").Figure,
        backend,
        saysHow: problem.includes("npx layerbook setup"),
        hasKernel: typeof (await import("layerbook/kernel")).installKernel,
      }));`;
    writeFiles(consumer, { "same.mjs": script });
    const { stdout, stderr } = runCommand(process.execPath, ["same.mjs"], consumer);
    expect(stderr.match(/layerbook: .*npx layerbook setup/g)).toHaveLength(1);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      started: null,
      oneLayer: true,
      oneError: true,
      oneFigure: true,
      backend: "cpu",
      saysHow: true,
      hasKernel: "function",
    });
  }, 60_000);

  it.each([
    [
      "import",
      "mjs",
      'import * as tf from "@tensorflow/tfjs"; import { LSHAttention } from "layerbook";',
    ],
    [
      "require",
      "cjs",
      'const tf = require("@tensorflow/tfjs"); const { LSHAttention } = require("layerbook");',
    ],
  ])("reports two copies of tfjs in a project, and where they are: %s", (_how, ending, imports) => {
    const project = path.join(folder, `twice-${ending}`);
    linkTarball(project, tarball, root);
    nestTfjs(project);
    const program = `${imports}
      try {
        new LSHAttention({ numHeads: 2, keyDim: 4 }).apply(tf.input({ shape: [5, 7, 6] }));
      } catch ({ name, message }) {
        console.log(name + ": " + message);
      }`;
    writeFiles(project, { [`main.${ending}`]: program });
    // Symbolic links are not resolved, so that one folder can stand for two copies.
    const flags = ["--preserve-symlinks", "--preserve-symlinks-main"];
    const { stdout } = runCommand(process.execPath, [...flags, `main.${ending}`], project);
    const modules = path.join(project, "node_modules");
    const copies = [modules, path.join(modules, "layerbook", "node_modules")].map(
      (place) => `4.22.0 in ${path.join(place, "@tensorflow", "tfjs")}`,
    );
    expect(stdout).toMatch(/^SetupError: .*another copy of tfjs/);
    for (const copy of copies) expect(stdout).toContain(copy);
  });

  it("bundled by esbuild for Node, works without optional packages", () => {
    const source =
      'import { makePhantom } from "layerbook/node";\n' +
      'console.log(makePhantom({ count: 2, size: 64, seed: 1 }).image.shape.join(" x "));';
    writeFiles(consumer, { "phantom.mjs": source });
    const esbuild = path.join(root, "node_modules", "esbuild", "bin", "esbuild");
    const args = ["phantom.mjs", "--bundle", "--platform=node", "--outfile=phantom.cjs"];
    const answer = runCommand(esbuild, [...args, "--log-level=error"], consumer);
    expect(answer).toMatchObject({ status: 0, stderr: "" });
    const { stdout } = runCommand(process.execPath, ["phantom.cjs"], consumer);
    expect(stdout.trim().split("\n").at(-1)).toBe("64 x 64 x 2");
  }, 60_000);

  it("reports on the command line what is missing and how to get it", () => {
    const cli = path.join(consumer, "node_modules", "layerbook", "dist", "cli.js");
    const { status, stdout } = runCommand(process.execPath, [cli, "doctor", "--json"], consumer);
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; state: string; remedy?: string }[];
    };
    expect({ status, ok }).toEqual({ status: 1, ok: false });
    expect(checks.find(({ name }) => name === "engine")).toMatchObject({
      state: "broken",
      remedy: expect.stringContaining("npx layerbook setup") as string,
    });
  });

  it.each([
    ["publint", ["--strict"]],
    ["attw", ["--format", "ascii"]],
  ])(
    "passes %s",
    (tool, args) => {
      const bin = path.join(root, "node_modules", ".bin", tool);
      const { status, stdout, stderr } = runCommand(bin, [tarball, ...args], root);
      expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({
        status: 0,
        output: "",
      });
    },
    60_000,
  );

  it("has every file that its README links to", () => {
    const installed = path.join(consumer, "node_modules", "layerbook");
    const readme = fs.readFileSync(path.join(installed, "README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !fs.existsSync(path.join(installed, link)))).toEqual([]);
  });

  it("contains what set-up needs and none of the tests", () => {
    const { stdout } = runCommand("tar", ["tzf", tarball], root);
    const files = stdout.trim().split("\n");
    expect(files).toEqual(
      expect.arrayContaining([
        "package/environment.yml",
        "package/scripts/setup.mjs",
        "package/dist/cli.js",
        "package/dist/kernel.js",
        "package/dist/NOTICES.txt",
      ]),
    );
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
    expect(files.filter((file) => /test|bench(?!\/README)|\.(dcm|nii|gz)$/.test(file))).toEqual([]);
  });
});
