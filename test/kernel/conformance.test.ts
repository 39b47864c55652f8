import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { KERNEL_NODE, KERNEL_SCRIPT, PACKAGE_ROOT } from "./support/kernelScript";

jest.setTimeout(600_000);

const python = process.env["LAYERBOOK_PYTHON"] ?? join(PACKAGE_ROOT, ".venv", "bin", "python");
const nodes = [
  ["this Node", KERNEL_NODE],
  ...["node22", "node24"].map((name) => [
    name,
    join(PACKAGE_ROOT, ".engine", "nodes", "node_modules", name, "bin", "node"),
  ]),
] as const;

describe("jupyter_kernel_test", () => {
  for (const [name, node] of nodes) {
    const isThere = existsSync(node ?? "");
    // Installed by `node scripts/otherNodes.mjs`.
    const test = isThere ? it : it.skip;
    test(`passes completely on ${name}${isThere ? "" : " (not installed)"}`, () => {
      const { status, stdout, stderr } = spawnSync(python, [resolve(__dirname, "conformance.py")], {
        encoding: "utf8",
        env: { ...process.env, KERNEL_NODE: node, KERNEL_SCRIPT },
      });
      expect({ status, said: status === 0 ? "" : stdout + stderr }).toEqual({
        status: 0,
        said: "",
      });
    });
  }
});
