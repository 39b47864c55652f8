// @ts-check
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { installHint } from "./platform.mjs";
import { engineFiles } from "./pip.mjs";
import { probe, which } from "./shell.mjs";
import { hashFiles, writeWhole } from "./stamps.mjs";
import { findTfjsNode } from "./tfjs.mjs";

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {{addon: string, target: string, tensorflow: string}} AddonResult
 */

/** The version of Node's C interface that the addon is built for; every Node since 16 has it. */
const napi = 8;

/** @param {string} packageRoot */
function headersFolder(packageRoot) {
  const require = createRequire(path.join(packageRoot, "package.json"));
  return path.join(path.dirname(require.resolve("node-api-headers/package.json")), "include");
}

/**
 * The compiler's arguments. The addon finds TensorFlow by a run path that names the wheel's real
 * folder: a CUDA wheel in turn finds NVIDIA's libraries relative to its own place.
 *
 * @param {object} where
 * @param {string} where.tfjs the folder of tfjs-node-gpu
 * @param {string} where.headers that of Node's C headers
 * @param {string} where.tensorflow that of the wheel
 * @param {string} where.output
 * @param {string} platform
 */
export function compilerArguments({ tfjs, headers, tensorflow, output }, platform) {
  const [cc, framework] = engineFiles(platform);
  const link =
    platform === "darwin"
      ? [
          "-bundle",
          "-undefined",
          "dynamic_lookup",
          path.join(tensorflow, cc),
          path.join(tensorflow, framework),
        ]
      : ["-shared", "-L", tensorflow, `-l:${cc}`, `-l:${framework}`];
  return [
    ...["-std=c++17", "-O2", "-fPIC", `-DNAPI_VERSION=${napi}`],
    ...["-I", headers, "-I", path.join(tensorflow, "include"), "-I", tfjs],
    path.join(tfjs, "binding", "tfjs_backend.cc"),
    path.join(tfjs, "binding", "tfjs_binding.cc"),
    ...link,
    `-Wl,-rpath,${tensorflow}`,
    ...["-o", output],
  ];
}

/** @type {import("./context.mjs").Step<AddonResult>} */
export const addonStep = {
  name: "addon",
  title: "TensorFlow addon",
  inputs({ packageRoot, results }) {
    const tfjs = findTfjsNode(packageRoot);
    const { folder, tensorflow } = results.pip;
    const library = fs.statSync(path.join(folder, engineFiles(process.platform)[0]));
    return [
      ...[process.platform, process.arch, tensorflow, folder, library.size, library.mtimeMs],
      hashFiles(tfjs, ["binding"]),
    ];
  },
  isWhole: (_context, { addon }) => fs.existsSync(addon),
  async run(context) {
    const { packageRoot, engineFolder, results, say } = context;
    const compiler = findCompiler(context.env);
    const tfjs = findTfjsNode(packageRoot);
    const addon = path.join(engineFolder, "tfjs_binding.node");
    const partial = `${addon}.partial`;
    say(`  compiling with ${compiler}`);
    const report = await context.runLogged(
      "addon",
      compiler,
      compilerArguments(
        {
          tfjs,
          headers: headersFolder(packageRoot),
          tensorflow: results.pip.folder,
          output: partial,
        },
        process.platform,
      ),
    );
    if (!report.ok) {
      throw new SetupFailure(
        `${compiler} could not compile the addon`,
        `It takes C++17 (g++ 9, clang 10 or newer); CXX names another compiler. All it said is in ${report.log}.`,
        report.errors,
      );
    }
    const tensorflow = tryAddon(partial, results.pip.tensorflow);
    fs.renameSync(partial, addon);
    return { addon, target: targetOf(packageRoot), tensorflow };
  },
};

/**
 * Loads the addon in a process of its own: a library that does not fit the machine may abort.
 *
 * @param {string} addon
 * @param {string} wanted the version of TensorFlow
 */
function tryAddon(addon, wanted) {
  const code = `const m = {exports: {}}; process.dlopen(m, ${JSON.stringify(addon)}); console.log(m.exports.TF_Version)`;
  const answer = probe(process.execPath, ["-e", code], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  if (!answer.ok) {
    throw new SetupFailure(
      "the addon was built but does not load",
      "The last lines below say why. A processor without AVX cannot run TensorFlow's wheel.",
      answer.stderr,
    );
  }
  if (answer.stdout !== wanted) {
    throw new SetupFailure(
      `the addon loads TensorFlow ${answer.stdout}, not the wheel's ${wanted}`,
      "Is another libtensorflow on LD_LIBRARY_PATH or LD_PRELOAD? Take it off and run set-up again.",
    );
  }
  return answer.stdout;
}

/** @param {NodeJS.ProcessEnv} env */
export function findCompiler(env) {
  const names = env.CXX ? [env.CXX] : ["g++", "c++", "clang++"];
  for (const name of names) {
    const file = which(name, env);
    if (file !== null) return file;
  }
  throw new SetupFailure(
    `no C++ compiler found (looked for ${names.join(", ")})`,
    `Install one with ${installHint("compiler", process.platform)}, or name it in CXX, and run set-up again.`,
  );
}

/** @param {string} packageRoot */
function targetOf(packageRoot) {
  return path.join(findTfjsNode(packageRoot), "lib", `napi-v${napi}`, "tfjs_binding.node");
}

/**
 * Puts the addon into tfjs-node's own place, from which `npm ci` wipes it.
 *
 * @type {import("./context.mjs").Step<null>}
 */
export const placeAddonStep = {
  name: "placeAddon",
  title: "addon in its place",
  inputs: ({ packageRoot }) => targetOf(packageRoot),
  isWhole({ packageRoot, results }) {
    const target = targetOf(packageRoot);
    return (
      fs.existsSync(target) && fs.readFileSync(target).equals(fs.readFileSync(results.addon.addon))
    );
  },
  run({ packageRoot, results }) {
    writeWhole(targetOf(packageRoot), fs.readFileSync(results.addon.addon), 0o755);
    return Promise.resolve(null);
  },
};
