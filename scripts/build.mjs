// @ts-check
// Compiles src/ into dist/. The old dist is replaced only when the new one is complete, so an error in a
// source file does not break the kernel and the command line.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compileCommand, prepareBuild, replaceBuild } from "./setup/build.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
prepareBuild(root);
const { status } = spawnSync(process.execPath, compileCommand(root), {
  cwd: root,
  stdio: "inherit",
});
if (status === 0) replaceBuild(root);
process.exitCode = status ?? 1;
