// @ts-check
// docs/backends.md: which layers and losses each backend of tfjs can run and train, according to the
// kernels that they call. `--check` compares instead of writing.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { format, resolveConfig } from "prettier";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const file = path.join(root, "docs", "backends.md");

const { outputFiles } = await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["test/browser/kernelUse.ts"],
  bundle: true,
  platform: "node",
  format: "cjs",
  packages: "external",
  write: false,
  logLevel: "error",
});
const script = { exports: /** @type {any} */ ({}) };
new Function("require", "module", "exports", outputFiles[0].text)(
  createRequire(path.join(root, "package.json")),
  script,
  script.exports,
);
const text = await format(await script.exports.backendsPage(), {
  ...(await resolveConfig(file)),
  filepath: file,
});
if (!process.argv.includes("--check")) fs.writeFileSync(file, text);
else if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) {
  console.error("docs/backends.md is out of date: run `node scripts/opTable.mjs`.");
  process.exitCode = 1;
}
