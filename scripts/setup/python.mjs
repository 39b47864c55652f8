// @ts-check
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describeRange, placeInRange } from "./environment.mjs";
import { SetupFailure, diskFailure } from "./failure.mjs";
import { describeMachine, installHint, usesMusl } from "./platform.mjs";
import { probe, which } from "./shell.mjs";

/**
 * What a Python interpreter reports about itself.
 *
 * @typedef {object} PythonFacts
 * @property {string} executable
 * @property {string} version
 * @property {string} prefix
 * @property {string} sitePackages
 * @property {boolean} isManaged whether the system forbids pip to install into it (PEP 668)
 * @property {boolean} hasVenv
 * @property {boolean} hasPip
 */

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {PythonFacts & {kind: "venv" | "conda" | "given", made: string, fingerprint: string}} PythonResult
 */

// Must also run in very old Pythons, so that they can report their version.
const questions = `
import json, os, sys
try:
    import sysconfig
    paths = sysconfig.get_paths()
except ImportError:
    paths = {}
def has(*names):
    try:
        for name in names:
            __import__(name)
        return True
    except Exception:
        return False
base = getattr(sys, "base_prefix", sys.prefix)
managed = os.path.join(paths.get("stdlib", ""), "EXTERNALLY-MANAGED")
print(json.dumps({
    "executable": sys.executable, "version": "%d.%d.%d" % tuple(sys.version_info[:3]),
    "prefix": sys.prefix, "sitePackages": paths.get("purelib", ""),
    "isManaged": base == sys.prefix and os.path.exists(managed),
    "hasVenv": has("venv", "ensurepip"), "hasPip": has("pip"),
}))`;

/**
 * @param {string} executable
 * @param {NodeJS.ProcessEnv} env
 * @returns {PythonFacts | null} `null` if it does not respond
 */
export function inspectPython(executable, env) {
  const answer = probe(executable, ["-E", "-s", "-c", questions], { env, cwd: os.tmpdir() });
  try {
    return answer.ok ? JSON.parse(answer.stdout.split("\n").at(-1) ?? "") : null;
  } catch {
    return null;
  }
}

/**
 * Which Python to use: the one given by the user, else an active conda environment (never `base`,
 * which is shared with other work), else `.venv` in the project.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {{kind: "given" | "conda" | "venv", executable: string}}
 */
export function choosePython(root, env) {
  if (env.LAYERBOOK_PYTHON) return { kind: "given", executable: env.LAYERBOOK_PYTHON };
  if (env.CONDA_PREFIX && env.CONDA_DEFAULT_ENV !== "base") {
    return { kind: "conda", executable: path.join(env.CONDA_PREFIX, "bin", "python") };
  }
  return { kind: "venv", executable: path.join(root, ".venv", "bin", "python") };
}

/** Changes if a name refers to a different interpreter, e.g. after a system upgrade. */
function fingerprint(/** @type {string} */ executable) {
  try {
    const real = fs.realpathSync(executable);
    const { size, mtimeMs } = fs.statSync(real);
    return `${real} ${size} ${mtimeMs}`;
  } catch {
    return "absent";
  }
}

/** @type {import("./context.mjs").Step<PythonResult>} */
export const pythonStep = {
  name: "python",
  title: "Python",
  inputs: ({ root, env, environment }) => [choosePython(root, env), environment.python, root],
  isWhole: (_context, result) => fingerprint(result.executable) === result.fingerprint,
  async run(context) {
    describeMachine(process.platform, process.arch, usesMusl());
    const chosen = choosePython(context.root, context.env);
    if (chosen.kind !== "venv") return useEnvironment(context, chosen);
    return (await reuseVenv(context, chosen.executable)) ?? makeVenv(context, chosen.executable);
  },
  describe: (result) => `${result.version} in ${result.prefix}`,
};

/**
 * @param {PythonFacts} facts
 * @param {"venv" | "conda" | "given"} kind
 * @returns {PythonResult}
 */
function finish(facts, kind) {
  return {
    ...facts,
    kind,
    made: new Date().toISOString(),
    fingerprint: fingerprint(facts.executable),
  };
}

/**
 * Uses an environment that set-up does not own; it is never rebuilt.
 *
 * @param {Context} context
 * @param {{kind: "given" | "conda" | "venv", executable: string}} chosen
 */
function useEnvironment({ env, environment }, { kind, executable }) {
  const name = kind === "given" ? "LAYERBOOK_PYTHON" : "the active conda environment";
  const otherwise =
    kind === "given"
      ? "Point LAYERBOOK_PYTHON at another one, or unset it so that set-up makes .venv."
      : "Make one with `conda env create -f environment.yml` and activate it, or deactivate this one so that set-up makes .venv.";
  const found = which(executable, env);
  const facts = found === null ? null : inspectPython(found, env);
  if (facts === null)
    throw new SetupFailure(`${name}: ${executable} is not a working Python`, otherwise);
  const place = placeInRange(facts.version, environment.python);
  if (place !== "fits") {
    throw new SetupFailure(
      `${name}: Python ${facts.version} is ${place} for TensorFlow's wheel`,
      `It takes Python ${describeRange(environment.python)}. ${otherwise}`,
    );
  }
  if (facts.isManaged) {
    throw new SetupFailure(
      `${name}: ${facts.executable} belongs to the operating system, which forbids pip to install into it`,
      otherwise,
    );
  }
  if (!facts.hasPip) {
    throw new SetupFailure(
      `${name}: ${facts.executable} has no pip`,
      `Run \`${facts.executable} -m ensurepip\`. ${otherwise}`,
    );
  }
  return finish(facts, kind);
}

/**
 * Uses an existing `.venv` if it is complete; otherwise says why not.
 *
 * @param {Context} context
 * @param {string} executable
 */
async function reuseVenv({ root, env, environment, say }, executable) {
  const folder = path.join(root, ".venv");
  if (!fs.existsSync(folder)) return null;
  const facts = inspectPython(executable, env);
  const flaw = venvProblem(folder, facts, environment.python);
  if (flaw === null && facts !== null) return finish(facts, "venv");
  say(`  .venv ${flaw}: recreating it`);
  return null;
}

/**
 * @param {string} folder
 * @param {PythonFacts | null} facts
 * @param {import("./environment.mjs").PythonEnvironment["python"]} range
 * @returns {string | null} what is wrong with it
 */
export function venvProblem(folder, facts, range) {
  if (facts === null || !fs.existsSync(path.join(folder, "pyvenv.cfg"))) return "is incomplete";
  if (!facts.hasPip) return "is incomplete (no pip)";
  const place = placeInRange(facts.version, range);
  if (place !== "fits") return `has Python ${facts.version}, ${place} for TensorFlow's wheel`;
  // Its scripts contain the interpreter's full path, so an environment cannot be moved.
  const cfg = fs.readFileSync(path.join(folder, "pyvenv.cfg"), "utf8");
  const home = /^command = .*? -m venv (?:--\S+ )*(.+)$/m.exec(cfg)?.[1];
  if (home !== undefined && !isSamePlace(home, folder)) return `was made for ${home}`;
  return null;
}

/**
 * @param {string} a
 * @param {string} b
 */
function isSamePlace(a, b) {
  try {
    return fs.realpathSync(a) === fs.realpathSync(b);
  } catch {
    return false;
  }
}

/**
 * @param {Context} context
 * @param {string} executable
 */
async function makeVenv(context, executable) {
  const { root, env, say } = context;
  const base = findBasePython(context);
  say(`  making .venv with ${base.executable} (${base.version})`);
  const folder = path.join(root, ".venv");
  fs.rmSync(folder, { recursive: true, force: true });
  const made = await context.runLogged("venv", base.executable, ["-E", "-m", "venv", folder]);
  const facts = made.ok ? inspectPython(executable, env) : null;
  if (facts === null || !facts.hasPip) {
    const full = diskFailure(made.output);
    if (full !== null) throw full;
    throw new SetupFailure(
      `.venv could not be made with ${base.executable}`,
      `Is there room on the disk, and is ${root} writable? You may need ${installHint("venv", process.platform, undefined, base.version)}. The full output is in ${made.log}.`,
      made.tail,
    );
  }
  return finish(facts, "venv");
}

/**
 * The first Python on the PATH that has a suitable version and can create an environment.
 *
 * @param {Context} context
 * @returns {PythonFacts}
 */
function findBasePython({ env, environment }) {
  const { from, below } = environment.python;
  const versioned = [];
  for (let minor = below[1] - 1; minor >= from[1]; minor--)
    versioned.push(`python${from[0]}.${minor}`);
  /** @type {PythonFacts[]} */
  const found = [];
  for (const name of ["python3", "python", ...versioned]) {
    const file = which(name, env);
    const facts = file === null ? null : inspectPython(file, env);
    if (facts === null) continue;
    if (placeInRange(facts.version, environment.python) === "fits" && facts.hasVenv) return facts;
    if (!found.some(({ executable }) => executable === facts.executable)) found.push(facts);
  }
  throw noBasePython(found, environment.python);
}

/**
 * @param {readonly PythonFacts[]} found the unsuitable ones
 * @param {import("./environment.mjs").PythonEnvironment["python"]} range
 * @param {string} [platform]
 */
export function noBasePython(found, range, platform = process.platform) {
  const other = "or set LAYERBOOK_PYTHON to the path of another one";
  const fitting = found.find(({ version }) => placeInRange(version, range) === "fits");
  if (fitting !== undefined) {
    return new SetupFailure(
      `${fitting.executable} (Python ${fitting.version}) has no venv module`,
      `Install it with ${installHint("venv", platform, undefined, fitting.version)}, ${other}.`,
    );
  }
  // The package manager's default Python may be the one that is unsuitable.
  const what = found.length === 0 ? "python" : "otherPython";
  const wanted = `Install Python ${describeRange(range)}${found.length === 0 ? "" : " beside it"} with ${installHint(what, platform)}, ${other}.`;
  if (found.length === 0) return new SetupFailure("no Python found on the PATH", wanted);
  const list = found.map(
    ({ executable, version }) => `${executable} is ${version}, ${placeInRange(version, range)}`,
  );
  return new SetupFailure(
    `no Python on the PATH fits TensorFlow's wheel: ${list.join("; ")}`,
    wanted,
  );
}
