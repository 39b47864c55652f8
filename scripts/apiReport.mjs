// @ts-check
// Writes the public names and their declarations, one file per entry point in api/. `npm run check`
// compares them with the build, so that no public name changes unnoticed; `npm run api` updates them
// from the build.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { declarationsOf } from "./api/declarations.mjs";
import { newestFile } from "./api/newestFile.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, "api");
const entries = {
  layerbook: "index",
  "layerbook-node": "node",
  "layerbook-viz": "viz",
  "layerbook-web": "web",
  "layerbook-kernel": "kernelApi",
};
const takesOver = process.argv.includes("--update");

const built = fs.statSync(path.join(root, "dist", "index.d.ts"), { throwIfNoEntry: false });
if (built === undefined || built.mtimeMs < newestFile(path.join(root, "src"))) {
  console.error("api: dist/ is older than src/. Run `npm run build` first.");
  process.exit(1);
}

const reports = declarationsOf(
  Object.values(entries).map((name) => path.join(root, "dist", `${name}.d.ts`)),
);
Object.keys(entries).forEach((name, at) => {
  const file = path.join(folder, `${name}.txt`);
  const now = reports[at];
  const before = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  if (takesOver) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, now);
  }
  if (now === before) return;
  const [gone, come] = [lines(before, now), lines(now, before)];
  console.error(`api: ${name} ${takesOver ? "is now" : "differs from"} api/${name}.txt:`);
  for (const line of gone.slice(0, 20)) console.error(`- ${line}`);
  for (const line of come.slice(0, 20)) console.error(`+ ${line}`);
  if (!takesOver) process.exitCode = 1;
});
if (process.exitCode === 1) {
  console.error(
    "If the change is intended, run `npm run api` and add a line to CHANGELOG.md; for a removed name, see docs/package.md.",
  );
}

/**
 * The lines of one text that another does not have.
 *
 * @param {string} text
 * @param {string} other
 */
function lines(text, other) {
  const known = new Set(other.split("\n"));
  return text.split("\n").filter((line) => !known.has(line));
}
