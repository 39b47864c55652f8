// @ts-check
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "./main.mjs";

/**
 * @typedef {object} Check a line of `doctor`, as in src/cli/doctor/check.ts
 * @property {string} name
 * @property {"ok" | "note" | "broken"} state
 * @property {string} value
 * @property {string} [remedy]
 */

const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const isInstalled = packageRoot.split(path.sep).includes("node_modules");

/** How to make the command line work. */
const remedy = isInstalled
  ? "Run `npm install @tensorflow/tfjs@4.22.0`, then `npx layerbook setup`."
  : "Run `npm run setup`.";

/**
 * The command line if the built one cannot run: `setup` works, `doctor` shows the state of set-up, and
 * everything else says what to run first.
 *
 * @param {string} problem why the built one cannot run
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code, the same as the built command's
 */
export async function withoutBuild(problem, args, env) {
  const [command = "--help"] = args;
  const project = isInstalled ? ["--project", projectAbove(process.cwd())] : [];
  if (command === "setup") return main(project, env);
  if (command === "doctor") return diagnose(problem, args.includes("--json"), project, env);
  const isHelp = ["--help", "-h", "help", "--version", "-V"].includes(command);
  const { version } = JSON.parse(fs.readFileSync(path.join(packageRoot, "package.json"), "utf8"));
  (isHelp ? console.log : console.error)(
    `layerbook ${version}: ${problem}. ${remedy} \`npx layerbook doctor\` says what else is missing.`,
  );
  return isHelp ? 0 : 2;
}

/**
 * The nearest folder, from `start` upwards, that has a package.json.
 *
 * @param {string} start
 */
function projectAbove(start) {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return start;
  }
}

/**
 * @param {string} problem
 * @param {boolean} isJson
 * @param {readonly string[]} project
 * @param {NodeJS.ProcessEnv} env
 */
async function diagnose(problem, isJson, project, env) {
  /** @type {string[]} */
  const said = [];
  const code = await main(["--check", ...project], env, (line) => said.push(line));
  if (code !== 0) return code;
  /** @type {import("./steps.mjs").StepState[]} */
  const steps = JSON.parse(said.join("\n"));
  /** @type {Check[]} */
  const checks = [
    { name: "layerbook", state: "broken", value: problem, remedy },
    ...steps.map(({ title: name, state, detail }) => checkOf(name, state, detail)),
  ];
  if (isJson) console.log(JSON.stringify({ ok: false, root: packageRoot, checks }, null, 2));
  else print(checks);
  return 1;
}

/**
 * @param {string} name
 * @param {import("./steps.mjs").StepState["state"]} state
 * @param {string} detail
 * @returns {Check}
 */
function checkOf(name, state, detail) {
  if (state === "done") return { name, state: "ok", value: detail || "done" };
  return { name, state: state === "stale" ? "note" : "broken", value: detail, remedy };
}

/** @param {readonly Check[]} checks */
function print(checks) {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, state, value } of checks) {
    const mark = state === "broken" ? "BROKEN" : state.padEnd(6);
    console.log(`${mark}  ${name.padEnd(width)}  ${value}`);
  }
  const count = checks.filter(({ state }) => state === "broken").length;
  console.log(`\n${count} of ${checks.length} are broken. ${remedy}`);
}
