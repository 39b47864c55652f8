// @ts-check
// Builds the documentation into reports/docs: guides, figures, notebooks, changelog and API, as pages
// that open offline from disk. `--no-api` skips the API, which takes a minute instead of seconds.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { brokenLinks } from "./docs/checkLinks.mjs";
import { writeLlms } from "./docs/llms.mjs";
import { stagePages } from "./docs/stage.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const hasApi = !process.argv.includes("--no-api");
const outAt = process.argv.indexOf("--out");
const out = outAt < 0 ? path.join(root, "reports", "docs") : path.resolve(process.argv[outAt + 1]);
const staged = path.join(root, "node_modules", ".cache", "docs");

fs.rmSync(staged, { recursive: true, force: true });
const { home, documents } = stagePages(root, staged, { hasApi });
const api = ["src/index.ts", "src/node.ts", "src/web/index.ts", "src/viz/index.ts"];
const nothing = path.join(staged, "nothing.ts");
fs.writeFileSync(nothing, "export {};\n");
fs.writeFileSync(
  path.join(staged, "tsconfig.json"),
  JSON.stringify({ extends: path.join(root, "tsconfig.json"), include: [], files: ["nothing.ts"] }),
);

const app = await Application.bootstrap({
  name: "layerbook",
  readme: home,
  projectDocuments: documents,
  entryPoints: hasApi
    ? [...api, "src/kernel/index.ts"].map((file) => path.join(root, file))
    : [nothing],
  tsconfig: path.join(hasApi ? root : staged, "tsconfig.json"),
  out,
  // Type errors are reported by npm run check.
  skipErrorChecking: true,
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  hideGenerator: true,
  includeHierarchySummary: false,
  githubPages: false,
  includeVersion: true,
  navigation: { includeGroups: false, includeCategories: true },
  // Paths are checked below, when the notebook pages exist.
  validation: { notExported: false, invalidLink: true, notDocumented: false, invalidPath: false },
  highlightLanguages: ["typescript", "javascript", "bash", "json", "python", "html"],
  logLevel: process.argv.includes("--verbose") ? "Verbose" : "Warn",
});
const project = await app.convert();
if (project === undefined) throw new Error("typedoc read nothing");
await app.generateOutputs(project);
const rendered = path.join(root, "reports", "notebooks");
if (fs.existsSync(rendered)) {
  fs.cpSync(rendered, path.join(out, "rendered-notebooks"), { recursive: true });
}
writeLlms(root, out);
const broken = brokenLinks(out);
for (const line of broken) console.error(`broken link: ${line}`);
if (broken.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
console.log(path.join(out, "index.html"));
