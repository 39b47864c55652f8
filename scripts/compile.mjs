// @ts-check
// Compiles src/ into the given folder: scripts, declarations and notices, as the `exports` of
// package.json refer to them. The parts are in scripts/compile/.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compileCommonJs } from "./compile/commonJs.mjs";
import { compileDeclarations } from "./compile/declarations.mjs";
import { compileModules } from "./compile/modules.mjs";
import { writeNotices } from "./compile/notices.mjs";
import { writeSbom } from "./compile/sbom.mjs";
import { writeWrappers } from "./compile/wrappers.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const out = path.resolve(root, process.argv[2] ?? ".dist");

try {
  const bundled = [await compileCommonJs(root, out), await compileModules(root, out)];
  await compileDeclarations(root, out);
  writeWrappers(root, out);
  writeNotices(root, out, bundled.flat());
  writeSbom(root, out, bundled.flat());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
