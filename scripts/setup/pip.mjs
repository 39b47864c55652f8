// @ts-check
import fs from "node:fs";
import path from "node:path";
import { isSatisfied, listDistributions, removeBrokenPackages } from "./distributions.mjs";
import { tensorflowPin, tensorflowRequirement } from "./environment.mjs";
import { SetupFailure, diskFailure } from "./failure.mjs";
import { wantsGpu } from "./platform.mjs";
import { looksOffline } from "./shell.mjs";

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {{tensorflow: string, folder: string, requirements: string[], usesGpu: boolean}} PipResult
 */

/** TensorFlow's packages have several names, but all install into the same folder. */
const tensorflowNames = ["tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"];

/**
 * What must be installed on this machine.
 *
 * @param {Context} context
 */
function requirementsFor({ environment, env }) {
  const gpu = wantsGpu(env);
  const version = tensorflowPin(environment.packages) ?? "";
  const { platform, arch } = process;
  const requirements = environment.packages.map((requirement) =>
    requirement.startsWith("tensorflow-cpu==")
      ? tensorflowRequirement(version, { gpu, platform, arch })
      : requirement,
  );
  return { gpu, version, requirements };
}

/** @param {string} sitePackages */
export function tensorflowFolder(sitePackages) {
  return path.join(sitePackages, "tensorflow");
}

/**
 * The files of TensorFlow's wheel that the addon needs.
 *
 * @param {string} platform
 */
export function engineFiles(platform) {
  const libraries =
    platform === "darwin"
      ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
      : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  return [...libraries, "include/tensorflow/c/c_api.h", "include/tensorflow/c/eager/c_api.h"];
}

/** @type {import("./context.mjs").Step<PipResult>} */
export const pipStep = {
  name: "pip",
  title: "Python packages",
  inputs(context) {
    const { executable, made } = context.results.python;
    return [requirementsFor(context).requirements, executable, made];
  },
  isWhole({ results }, { folder, requirements }) {
    const installed = listDistributions(results.python.sitePackages);
    return (
      requirements.every((requirement) => isSatisfied(installed, requirement)) &&
      engineFiles(process.platform).every((file) => fs.existsSync(path.join(folder, file)))
    );
  },
  async run(context) {
    const { python } = context.results;
    const { gpu, version, requirements } = requirementsFor(context);
    const marker = path.join(context.engineFolder, "pip-at-work");
    if (fs.existsSync(marker) && python.kind === "venv") {
      context.say("  an earlier pip was interrupted: looking for incomplete packages");
      const broken = removeBrokenPackages(python.sitePackages);
      if (broken.length > 0) context.say(`  reinstalling: ${broken.join(", ")}`);
    }
    fs.writeFileSync(marker, "");
    await clearOtherTensorflow(context, requirements[tensorflowAt(requirements)], version);
    context.say(`  installing ${requirements.join(", ")}`);
    const report = await context.runLogged("pip", python.executable, [
      ...["-E", "-s", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"],
      ...["--no-warn-script-location", "--progress-bar", "off", ...requirements],
    ]);
    fs.rmSync(marker);
    if (!report.ok) throw pipFailure(report);
    const folder = tensorflowFolder(python.sitePackages);
    for (const file of engineFiles(process.platform)) {
      if (!fs.existsSync(path.join(folder, file))) {
        throw new SetupFailure(
          `TensorFlow ${version} in ${folder} lacks ${file}`,
          `Install the wheel again: \`${python.executable} -m pip install --force-reinstall --no-deps "${requirements[tensorflowAt(requirements)]}"\`, then run set-up again.`,
        );
      }
    }
    return { tensorflow: version, folder, requirements, usesGpu: gpu };
  },
  describe: ({ tensorflow, usesGpu }) =>
    `TensorFlow ${tensorflow} for the ${usesGpu ? "GPU" : "CPU"}, JupyterLab, nbconvert`,
};

/** @param {readonly string[]} requirements */
function tensorflowAt(requirements) {
  return requirements.findIndex((requirement) => /^tensorflow\b/.test(requirement));
}

/**
 * Two TensorFlows would overwrite each other's files. In `.venv` the other one is uninstalled; in an
 * environment that set-up does not own, its owner must do that.
 *
 * @param {Context} context
 * @param {string} requirement
 * @param {string} version
 */
async function clearOtherTensorflow(context, requirement, version) {
  const { python } = context.results;
  const wanted = requirement.replace(/[[=].*$/, "");
  const others = listDistributions(python.sitePackages).filter(
    (one) => tensorflowNames.includes(one.name) && (one.name !== wanted || one.version !== version),
  );
  if (others.length === 0) return;
  const list = others.map((one) => `${one.name} ${one.version}`).join(", ");
  if (python.kind !== "venv") {
    throw new SetupFailure(
      `${python.prefix} has ${list}, which does not match ${requirement}`,
      `If nothing else needs it: \`${python.executable} -m pip uninstall ${others.map((one) => one.name).join(" ")}\`, then run set-up again. Or let set-up make .venv: unset LAYERBOOK_PYTHON, deactivate conda.`,
    );
  }
  context.say(`  uninstalling ${list}, which does not match ${requirement}`);
  await context.runLogged("pip-uninstall", python.executable, [
    ...["-E", "-s", "-m", "pip", "uninstall", "--yes"],
    // Also the wanted one if it is installed: they share files.
    ...new Set([...others.map((one) => one.name), wanted]),
  ]);
}

/** @param {import("./context.mjs").RunReport} report */
export function pipFailure({ output, errors, log }) {
  if (looksOffline(output)) {
    return new SetupFailure(
      "pip cannot reach the Python package index: is there a network?",
      `Connect, or set a mirror or proxy (PIP_INDEX_URL, HTTPS_PROXY), and run set-up again: what is downloaded already is kept. The full output is in ${log}.`,
    );
  }
  const full = diskFailure(output);
  if (full !== null) return full;
  return new SetupFailure(
    "pip could not install the packages of environment.yml",
    `The full output is in ${log}. Fix the cause and run set-up again; it continues from here.`,
    errors,
  );
}
