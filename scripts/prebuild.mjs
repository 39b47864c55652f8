// @ts-check
// Compiles the addon that ships in the package, for Linux on x86-64. Runs before `npm pack`; if the
// machine cannot compile it, the package ships without it, and set-up compiles it on the user's machine.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { addonCommands, findCompiler } from "./setup/addon.mjs";
import { SetupFailure } from "./setup/failure.mjs";
import { prebuiltFolder } from "./setup/prebuilt.mjs";
import { Stamps } from "./setup/stamps.mjs";
import { findPackage, findTfjsNode } from "./setup/tfjs.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const places = { packageRoot: root, engineFolder: path.join(root, ".engine") };
const folder = prebuiltFolder(root);

/** Compiles the addon; returns why it cannot, or `null`. */
function prebuild() {
  if (`${process.platform}-${process.arch}` !== "linux-x64") return "not Linux on x86-64";
  const pip = new Stamps(places.engineFolder).read("pip")?.result;
  if (pip === undefined || !fs.existsSync(pip.folder)) return "TensorFlow is not set up here";
  if (pip.usesGpu) return "TensorFlow is set up for a GPU here";
  const compiler = findCompiler(process.env);
  fs.mkdirSync(folder, { recursive: true });
  const where = {
    ...{ tfjs: findTfjsNode(places), tensorflow: pip.folder, usesGpu: false, isPrebuilt: true },
    headers: path.join(findPackage(places, "node-api-headers"), "include"),
  };
  for (const [output, args] of addonCommands(where, folder, "linux")) {
    const { status, stderr } = spawnSync(compiler, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${compiler} could not compile ${output}:\n${stderr}`);
  }
  fs.writeFileSync(
    path.join(folder, "prebuilt.json"),
    `${JSON.stringify({ tensorflow: pip.tensorflow })}\n`,
  );
  return null;
}

fs.rmSync(folder, { recursive: true, force: true });
try {
  const reason = prebuild();
  console.error(reason === null ? `prebuilt addon: ${folder}` : `no prebuilt addon: ${reason}`);
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(`no prebuilt addon: ${error.message}`);
}
