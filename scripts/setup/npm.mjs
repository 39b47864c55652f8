// @ts-check
import fs from "node:fs";
import path from "node:path";
import { SetupFailure, diskFailure } from "./failure.mjs";
import { looksOffline, which } from "./shell.mjs";

/**
 * Whether node_modules contains what package-lock.json requires. npm writes its list of installed
 * packages last, so an incomplete tree does not have one.
 *
 * @param {string} root
 */
export function isLockInstalled(root) {
  const wanted = readPackages(path.join(root, "package-lock.json"));
  const installed = readPackages(path.join(root, "node_modules", ".package-lock.json"));
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === "" || entry.link) return true;
    const there = installed[place];
    // Optional packages for other machines are not installed.
    if (there === undefined) return entry.optional === true;
    return there.version === entry.version && fs.existsSync(path.join(root, place, "package.json"));
  });
}

/**
 * @param {string} file
 * @returns {Record<string, {version?: string, optional?: boolean, link?: boolean}> | null}
 */
function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")).packages;
  } catch {
    return null;
  }
}

/** `npm run -s setup` would also silence this npm and hide why it failed. */
export const audible = ["--loglevel=warn"];

/** @type {import("./context.mjs").Step<null>} */
export const npmStep = {
  name: "npm",
  title: "Node packages",
  // Only the installed packages count: a developer's own `npm install` is just as good.
  inputs: () => null,
  isWhole: ({ root }) => isLockInstalled(root),
  async run(context) {
    const { root, env, say } = context;
    if (isLockInstalled(root)) return null;
    const npm = findNpm(env);
    say("  npm ci --ignore-scripts");
    // Install scripts are never run: that of tfjs-node-gpu downloads a TensorFlow of 2022.
    const report = await context.runLogged("npm", npm[0], [
      ...npm.slice(1),
      ...["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...audible],
      // By default npm takes minutes to report that there is no network.
      ...["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"],
    ]);
    if (!report.ok) throw npmFailure(report);
    return null;
  },
};

/**
 * The npm that was used to start this script, so that it runs on the same Node, or else the one on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function findNpm(env) {
  if (env.npm_execpath?.endsWith("npm-cli.js") && fs.existsSync(env.npm_execpath)) {
    return [process.execPath, env.npm_execpath];
  }
  const npm = which("npm", env);
  if (npm !== null) return [npm];
  throw new SetupFailure(
    "no npm found on the PATH",
    "Install npm, which comes with Node, and run again.",
  );
}

/** @param {import("./context.mjs").RunReport} report */
export function npmFailure({ output, errors, log }) {
  if (looksOffline(output)) {
    return new SetupFailure(
      "npm cannot reach the package registry: is there a network?",
      `Connect, or set a mirror or proxy (npm config set registry …, HTTPS_PROXY), and run set-up again. The full output is in ${log}.`,
    );
  }
  const full = diskFailure(output);
  if (full !== null) return full;
  return new SetupFailure(
    "npm could not install the packages",
    `The full output is in ${log}. Fix the cause and run set-up again.`,
    errors,
  );
}
