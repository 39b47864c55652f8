// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * The package's folder for the addon that was compiled before packing. The addon needs only the C
 * interfaces of Node and TensorFlow, so one file serves all Linux on x86-64; the loader next to it
 * finds TensorFlow by `tensorflow.path`.
 *
 * @param {string} packageRoot
 */
export function prebuiltFolder(packageRoot) {
  return path.join(packageRoot, "prebuilt", "linux-x64");
}

/**
 * The folder of the addon that came with the package, or `null` if there is none for this machine:
 * on another kind of machine, for a GPU, or in a checkout, where its sources may change.
 *
 * @param {object} wanted
 * @param {string} wanted.packageRoot
 * @param {boolean} wanted.isCheckout
 * @param {boolean} wanted.usesGpu
 * @param {string} wanted.tensorflow the wheel's version
 * @param {string} [wanted.machine]
 */
export function findPrebuilt(wanted) {
  const { packageRoot, isCheckout, usesGpu, tensorflow } = wanted;
  const { machine = `${process.platform}-${process.arch}` } = wanted;
  if (isCheckout || usesGpu || machine !== "linux-x64") return null;
  const folder = prebuiltFolder(packageRoot);
  try {
    const made = JSON.parse(fs.readFileSync(path.join(folder, "prebuilt.json"), "utf8"));
    return made.tensorflow === tensorflow ? folder : null;
  } catch {
    return null;
  }
}
