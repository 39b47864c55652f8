// @ts-check
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { addonStep, compilerStep, placeAddonStep } from "./addon.mjs";
import { buildStep, linkStep } from "./build.mjs";
import { createContext } from "./context.mjs";
import { parseEnvironment } from "./environment.mjs";
import { SetupFailure, systemFailure } from "./failure.mjs";
import { kernelStep } from "./kernel.mjs";
import { Lock } from "./lock.mjs";
import { npmStep } from "./npm.mjs";
import { partsStep } from "./parts.mjs";
import { pipStep } from "./pip.mjs";
import { describeMachine } from "./platform.mjs";
import { pythonStep } from "./python.mjs";
import { checkSteps, runSteps } from "./steps.mjs";
import { Stamps } from "./stamps.mjs";
import { tfjsStep } from "./tfjs.mjs";

const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

// Steps that do not need the 2 GB of TensorFlow come first, so that the command line and `doctor` work early.
export const checkoutSteps = [
  ...[pythonStep, npmStep, linkStep, buildStep, compilerStep, pipStep],
  ...[tfjsStep, addonStep, placeAddonStep],
];
export const projectSteps = [
  ...[pythonStep, partsStep, compilerStep, pipStep],
  ...[tfjsStep, addonStep, placeAddonStep],
];

/** JupyterLab refuses to start as root; set-up explains how to start it anyway. */
export const rootHint =
  "As root, JupyterLab starts only with --allow-root: `.venv/bin/jupyter lab --allow-root`.";

/**
 * @param {readonly string[]} args `--project DIR` sets up a project that depends on layerbook;
 *   `--check` changes nothing and prints the state of each step as JSON
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} [say] is given each line of the output
 * @returns {Promise<number>} the exit code
 */
export async function main(args, env, say = (line) => console.log(line)) {
  const at = args.indexOf("--project");
  const root = at === -1 ? packageRoot : path.resolve(args[at + 1] ?? ".");
  const lock = new Lock(path.join(root, ".engine", "lock"));
  let isLocked = false;
  try {
    const machine = describeMachine(process.platform, process.arch);
    const environment = parseEnvironment(
      fs.readFileSync(path.join(packageRoot, "environment.yml"), "utf8"),
    );
    const context = createContext({ root, packageRoot, env, environment, say }, (pid) =>
      lock.noteChild(pid),
    );
    const steps = [...(context.isCheckout ? checkoutSteps : projectSteps), kernelStep];
    const stamps = new Stamps(context.engineFolder);
    if (args.includes("--check")) {
      say(JSON.stringify(checkSteps(steps, context, stamps)));
      return 0;
    }
    // Checked first: on some Nodes, creating a folder in it would fail with a misleading error (ENOENT).
    fs.accessSync(root, fs.constants.W_OK);
    await lock.take(say);
    isLocked = true;
    if (!machine.isTested) {
      say(`Set-up: ${machine.platform} ${machine.arch} is supported but not tested.`);
    }
    await runSteps(steps, context, stamps);
    if (process.getuid?.() === 0) say(rootHint);
    return 0;
  } catch (error) {
    const failure = error instanceof SetupFailure ? error : systemFailure(error, root);
    if (failure === null) throw error;
    if (failure.details) console.error(failure.details.replaceAll(/^/gm, "  | "));
    console.error(`set-up: ${failure.message}\n${failure.remedy}`);
    return 2;
  } finally {
    if (isLocked) lock.release();
  }
}
