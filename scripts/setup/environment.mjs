// @ts-check
import { SetupFailure } from "./failure.mjs";

/**
 * The requirements of environment.yml.
 *
 * @typedef {object} PythonEnvironment
 * @property {{from: readonly [number, number], below: readonly [number, number]}} python the range of versions
 * @property {readonly string[]} packages pip's requirements, as written
 */

/**
 * Reads the subset of YAML that environment.yml uses: a `dependencies` list with one nested `pip`
 * list. Anything else under `dependencies` is rejected rather than guessed.
 *
 * @param {string} text
 * @returns {PythonEnvironment}
 */
export function parseEnvironment(text) {
  /** @type {string[]} */
  const packages = [];
  /** @type {PythonEnvironment["python"] | null} */
  let python = null;
  let section = "";
  let pipIndent = -1;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, "").trimEnd();
    if (line.trim() === "") continue;
    const key = /^([A-Za-z_]+):/.exec(line);
    if (key !== null) {
      section = key[1];
      continue;
    }
    if (section !== "dependencies") continue;
    const item = /^(\s*)-\s+(.+)$/.exec(line);
    if (item === null) throw malformed(raw);
    const [, indent, value] = item;
    if (value === "pip:") pipIndent = indent.length;
    else if (pipIndent >= 0 && indent.length > pipIndent) packages.push(unquote(value));
    else if (/^python\b/.test(unquote(value))) python = parseRange(unquote(value));
    else if (value !== "pip") throw malformed(raw);
  }
  if (python === null) throw malformed("no python>=…,<… among the dependencies");
  if (tensorflowPin(packages) === null) throw malformed("no tensorflow-cpu==… under pip");
  return { python, packages };
}

/** @param {string} value */
function unquote(value) {
  return value.replace(/^(["'])(.*)\1$/, "$2");
}

/** @param {string} requirement */
function parseRange(requirement) {
  const match = /^python\s*>=\s*(\d+)\.(\d+)\s*,\s*<\s*(\d+)\.(\d+)$/.exec(requirement);
  if (match === null) throw malformed(requirement);
  const [fromMajor, fromMinor, belowMajor, belowMinor] = match.slice(1).map(Number);
  return {
    from: /** @type {const} */ ([fromMajor, fromMinor]),
    below: /** @type {const} */ ([belowMajor, belowMinor]),
  };
}

/** @param {string} what */
function malformed(what) {
  return new SetupFailure(
    `environment.yml: cannot read "${what.trim()}"`,
    "The expected form is `- python>=A.B,<C.D`, `- pip` and a `- pip:` list with one `name==version` per line.",
  );
}

/**
 * The version of TensorFlow that the requirements pin.
 *
 * @param {readonly string[]} packages
 * @returns {string | null}
 */
export function tensorflowPin(packages) {
  for (const requirement of packages) {
    const match = /^tensorflow-cpu==([\w.]+)$/.exec(requirement);
    if (match !== null) return match[1];
  }
  return null;
}

/**
 * The requirement for the wheel that fits the machine. `tensorflow-cpu` exists only for x86-64.
 *
 * @param {string} version
 * @param {{gpu: boolean, platform: string, arch: string}} machine
 */
export function tensorflowRequirement(version, { gpu, platform, arch }) {
  if (gpu) return `tensorflow[and-cuda]==${version}`;
  return platform === "linux" && arch === "x64"
    ? `tensorflow-cpu==${version}`
    : `tensorflow==${version}`;
}

/**
 * Compares a version with a range.
 *
 * @param {string} version e.g. `3.11.7`
 * @param {PythonEnvironment["python"]} range
 * @returns {"fits" | "too old" | "too new"}
 */
export function placeInRange(version, range) {
  const [major, minor] = version.split(".").map(Number);
  const number = major * 1000 + minor;
  if (number < range.from[0] * 1000 + range.from[1]) return "too old";
  return number < range.below[0] * 1000 + range.below[1] ? "fits" : "too new";
}

/**
 * The range as text: `3.10 to 3.13`.
 *
 * @param {PythonEnvironment["python"]} range
 */
export function describeRange({ from, below }) {
  return `${from.join(".")} to ${below[0]}.${below[1] - 1}`;
}
