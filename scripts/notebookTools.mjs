// @ts-check
// Installs papermill, jupytext, nbmake and nbdime into .engine/notebookTools, for the tests that run notebooks
// with them. They are layered over .venv's packages: .venv itself is not changed, and its packages are not
// installed twice.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, ".engine", "notebookTools");
const list = path.join(root, "test", "kernel", "support", "notebookTools.txt");
const stamp = path.join(folder, "installed.txt");
const python = process.env.LAYERBOOK_PYTHON ?? path.join(root, ".venv", "bin", "python");

const wanted = fs.readFileSync(list, "utf8");
if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) {
  console.log(`${folder} is up to date`);
  process.exit(0);
}
fs.rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync(
  python,
  [
    ...["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"],
    ...["--no-deps", "--target", folder, "--requirement", list],
  ],
  { stdio: "inherit" },
);
if (status !== 0) {
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
// Written last, so that an interrupted install is repeated.
fs.writeFileSync(stamp, wanted);
console.log(folder);
