// @ts-check
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetupFailure, diskFailure } from "./failure.mjs";
import { tensorflowPin } from "./environment.mjs";
import { engineFiles } from "./pip.mjs";
import { installHint, wantsGpu } from "./platform.mjs";
import { findPrebuilt } from "./prebuilt.mjs";
import { probe, which } from "./shell.mjs";
import { hashFiles, writeWhole } from "./stamps.mjs";
import { findPackage, findTfjsNode } from "./tfjs.mjs";

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {{folder: string, tensorflow: string}} AddonResult
 */

/**
 * `tfjs_binding.node` is what tfjs-node loads: our quietLoader.cc, which in turn loads the actual binding, built
 * from tfjs-node's own sources with our sessionOptions.h and attentionOps.cc. `tensorflow.path` contains the folder of
 * TensorFlow's libraries.
 */
const products = {
  loader: "tfjs_binding.node",
  binding: "tfjs_tensorflow.node",
  place: "tensorflow.path",
};

const here = path.dirname(fileURLToPath(import.meta.url));
const loaderSource = path.join(here, "quietLoader.cc");

/** Included before tfjs-node's own sources. */
const sessionOptions = path.join(here, "sessionOptions.h");

/** Our own ops, and the header with their arithmetic. */
const attentionOps = path.join(here, "attentionOps.cc");
const attentionTiles = path.join(here, "attentionTiles.h");

/** The Node-API version that the addon is built for; every Node since 16 has it. */
const napi = 8;

/** @param {import("./tfjs.mjs").Places} places */
function headersFolder(places) {
  return path.join(findPackage(places, "node-api-headers"), "include");
}

/**
 * The compiler's arguments. The addon finds TensorFlow by a run path that names the wheel's real
 * folder: a CUDA wheel in turn finds NVIDIA's libraries relative to its own location.
 *
 * @param {object} where
 * @param {string} where.tfjs the folder of tfjs-node-gpu
 * @param {string} where.headers the folder of Node's C headers
 * @param {string} where.tensorflow the folder of the wheel
 * @param {boolean} where.usesGpu whether it is the CUDA wheel
 * @param {string} where.output
 * @param {boolean} [where.isPrebuilt] whether it is for other machines: no run path is set
 * @param {string} platform
 */
export function compilerArguments(where, platform) {
  const { tfjs, headers, tensorflow, usesGpu, output, isPrebuilt = false } = where;
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
    ...commonArguments(headers),
    ...["-I", path.join(tensorflow, "include"), "-I", tfjs],
    ...["-include", sessionOptions, ...(usesGpu ? ["-DUSES_GPU"] : [])],
    path.join(tfjs, "binding", "tfjs_backend.cc"),
    path.join(tfjs, "binding", "tfjs_binding.cc"),
    attentionOps,
    ...link,
    isPrebuilt ? "-s" : `-Wl,-rpath,${tensorflow}`,
    ...["-o", output],
  ];
}

/** @param {string} headers */
function commonArguments(headers) {
  return ["-std=c++17", "-O2", "-fPIC", `-DNAPI_VERSION=${napi}`, "-I", headers];
}

/**
 * @param {{headers: string, output: string}} where
 * @param {string} platform
 */
function loaderArguments({ headers, output }, platform) {
  const link =
    platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared", "-ldl"];
  return [...commonArguments(headers), loaderSource, ...link, "-o", output];
}

/**
 * The products and the arguments to compile each.
 *
 * @param {Omit<Parameters<typeof compilerArguments>[0], "output">} where
 * @param {string} folder for the products
 * @param {string} platform
 * @returns {[name: string, args: string[]][]}
 */
export function addonCommands(where, folder, platform) {
  const sources = {
    [products.binding]: compilerArguments,
    [products.loader]: loaderArguments,
  };
  return Object.entries(sources).map(([name, argumentsFor]) => [
    name,
    argumentsFor({ ...where, output: path.join(folder, name) }, platform),
  ]);
}

/** @param {Context} context */
function prebuiltFor({ packageRoot, isCheckout, env, environment }) {
  const tensorflow = tensorflowPin(environment.packages) ?? "";
  return findPrebuilt({ packageRoot, isCheckout, usesGpu: wantsGpu(env), tensorflow });
}

/**
 * Runs before the 2 GB download of TensorFlow, which is useless without the addon. If the package
 * contains the addon, no compiler is needed.
 *
 * @type {import("./context.mjs").Step<{compiler: string | null}>}
 */
export const compilerStep = {
  name: "compiler",
  title: "C++ compiler",
  inputs: (context) => [context.env.CXX ?? null, prebuiltFor(context)],
  isWhole: () => true,
  run: (context) =>
    Promise.resolve().then(() => ({
      compiler: prebuiltFor(context) === null ? findCompiler(context.env) : null,
    })),
  describe: ({ compiler }) => compiler ?? "none needed, the addon came with the package",
};

/** @type {import("./context.mjs").Step<AddonResult>} */
export const addonStep = {
  name: "addon",
  title: "TensorFlow addon",
  inputs(context) {
    const tfjs = findTfjsNode(context);
    const { folder, tensorflow } = context.results.pip;
    const library = fs.statSync(path.join(folder, engineFiles(process.platform)[0]));
    return [
      ...[process.platform, process.arch, tensorflow, folder, library.size, library.mtimeMs],
      hashFiles(tfjs, ["binding"]),
      hashFiles(
        here,
        [loaderSource, sessionOptions, attentionOps, attentionTiles].map((file) =>
          path.basename(file),
        ),
      ),
    ];
  },
  isWhole: (_context, { folder }) =>
    Object.values(products).every((name) => fs.existsSync(path.join(folder, name))),
  async run(context) {
    const { engineFolder, results } = context;
    const folder = path.join(engineFolder, "addon");
    const partial = `${folder}.partial`;
    fs.rmSync(partial, { recursive: true, force: true });
    fs.mkdirSync(partial);
    fs.writeFileSync(path.join(partial, products.place), results.pip.folder);
    const tensorflow = usePrebuilt(context, partial) ?? (await compileAddon(context, partial));
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(partial, folder);
    return { folder, tensorflow };
  },
};

/**
 * Uses the addon that came with the package, if it loads here.
 *
 * @param {Context} context
 * @param {string} partial
 * @returns {string | null} TensorFlow's version
 */
function usePrebuilt(context, partial) {
  const prebuilt = prebuiltFor(context);
  if (prebuilt === null) return null;
  for (const name of [products.binding, products.loader]) {
    fs.copyFileSync(path.join(prebuilt, name), path.join(partial, name));
  }
  try {
    const version = tryAddon(path.join(partial, products.loader), context.results.pip.tensorflow);
    context.say("  the addon that came with the package");
    return version;
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    context.say("  the addon that came with the package does not load here: compiling one");
    return null;
  }
}

/**
 * @param {Context} context
 * @param {string} partial
 * @returns {Promise<string>} TensorFlow's version
 */
async function compileAddon(context, partial) {
  const compiler = findCompiler(context.env);
  const { folder: tensorflow, usesGpu, tensorflow: version } = context.results.pip;
  const where = {
    headers: headersFolder(context),
    tfjs: findTfjsNode(context),
    tensorflow,
    usesGpu,
  };
  context.say(`  compiling with ${compiler}`);
  for (const [name, args] of addonCommands(where, partial, process.platform)) {
    const report = await context.runLogged(`addon-${path.parse(name).name}`, compiler, args);
    if (!report.ok) throw compileFailure(compiler, report);
  }
  return tryAddon(path.join(partial, products.loader), version);
}

/**
 * @param {string} compiler
 * @param {import("./context.mjs").RunReport} report
 */
function compileFailure(compiler, report) {
  const full = diskFailure(report.output);
  if (full !== null) return full;
  return new SetupFailure(
    `${compiler} could not compile the addon`,
    `C++17 is required (g++ 9, clang 10 or newer); set CXX to use another compiler. The full output is in ${report.log}.`,
    report.errors,
  );
}

/**
 * Loads the addon in a separate process: a library that does not fit the machine may abort.
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
      "Is another libtensorflow on LD_LIBRARY_PATH or LD_PRELOAD? Remove it and run set-up again.",
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
    `Install one with ${installHint("compiler", process.platform)}, or set CXX to its path, and run set-up again.`,
  );
}

/** @param {import("./tfjs.mjs").Places} places */
function targetFolder(places) {
  return path.join(findTfjsNode(places), "lib", `napi-v${napi}`);
}

/**
 * Copies the addon to the place where tfjs-node loads it; `npm ci` deletes it there.
 *
 * @type {import("./context.mjs").Step<null>}
 */
export const placeAddonStep = {
  name: "placeAddon",
  title: "addon in tfjs-node",
  inputs: (context) => targetFolder(context),
  isWhole: (context) =>
    Object.values(products).every((name) => {
      const target = path.join(targetFolder(context), name);
      const built = path.join(context.results.addon.folder, name);
      return fs.existsSync(target) && fs.readFileSync(target).equals(fs.readFileSync(built));
    }),
  run(context) {
    // The loader last, since it needs the other files.
    for (const name of [products.place, products.binding, products.loader]) {
      const built = fs.readFileSync(path.join(context.results.addon.folder, name));
      writeWhole(path.join(targetFolder(context), name), built, 0o755);
    }
    return Promise.resolve(null);
  },
};
