// @ts-check
import fs from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import { browserLibraries, bundledPackages, libraries } from "./entries.mjs";

/**
 * ES modules for bundlers, one file per source file, so that importing one layer bundles only that
 * layer and what it uses.
 *
 * @param {string} root
 * @param {string} out
 * @returns {Promise<string[]>} the files of node_modules that were bundled
 */
export async function compileModules(root, out) {
  const into = path.join(out, "esm");
  const { metafile: sources } = await esbuild.build({
    ...common(root),
    metafile: true,
    entryPoints: browserLibraries.map((name) => libraries[name]),
    outdir: into,
    bundle: true,
    packages: "external",
    write: false,
  });
  const files = Object.keys(sources.inputs);
  const outside = Object.values(sources.inputs).flatMap(({ imports }) => imports);
  const node = outside.find(({ path: name, external }) => external && name.startsWith("node:"));
  if (node !== undefined) throw new Error(`${node.path} is imported by browser code`);
  const packages = [...new Set(outside.filter(({ external }) => external).map(({ path: p }) => p))];
  const taken = packages.filter((name) => bundledPackages.includes(name));
  const { outputFiles } = await esbuild.build({
    ...common(root),
    entryPoints: files,
    outbase: "src",
    outdir: into,
    bundle: true,
    outExtension: { ".js": ".mjs" },
    plugins: [keepModulesSeparate(path.join(root, "src"))],
    write: false,
  });
  const buffer = path.join(into, "packages", "buffer.mjs");
  for (const { path: file, text } of outputFiles) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, withBuffer(text, relative(path.dirname(file), buffer)));
  }
  const vendored = await esbuild.build({
    ...common(root),
    metafile: true,
    entryPoints: {
      ...Object.fromEntries(taken.map((name) => [name, name])),
      buffer: path.join(root, "scripts", "compile", "buffer.mjs"),
    },
    outdir: path.join(into, "packages"),
    bundle: true,
    outExtension: { ".js": ".mjs" },
  });
  return Object.keys(vendored.metafile.inputs);
}

/**
 * The file readers use Node's `Buffer`; in a browser it comes from a package. Bundles that read no
 * files do not include it.
 *
 * @param {string} code
 * @param {string} buffer the module that exports it
 */
function withBuffer(code, buffer) {
  return /\bBuffer\.\w/.test(code) ? `import { Buffer } from "${buffer}";\n${code}` : code;
}

/**
 * @param {string} root
 * @returns {esbuild.BuildOptions}
 */
function common(root) {
  return {
    absWorkingDir: root,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    logLevel: "error",
  };
}

/**
 * Rewrites each import to the built file next to it.
 *
 * @param {string} src
 * @returns {esbuild.Plugin}
 */
function keepModulesSeparate(src) {
  return {
    name: "files-stay-apart",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ kind, path: name, resolveDir }) => {
        if (kind === "entry-point") return null;
        if (name.startsWith(".")) {
          const source = findSource(path.resolve(resolveDir, name));
          return { path: relative(resolveDir, source.replace(/\.ts$/, ".mjs")), external: true };
        }
        if (!bundledPackages.includes(name)) return { path: name, external: true };
        const file = path.join(src, "packages", `${name}.mjs`);
        return { path: relative(resolveDir, file), external: true };
      });
    },
  };
}

/** @param {string} stem */
function findSource(stem) {
  const candidates = [`${stem}.ts`, path.join(stem, "index.ts")];
  const found = candidates.find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`no source file for ${stem}`);
  return found;
}

/**
 * @param {string} folder
 * @param {string} file
 */
function relative(folder, file) {
  const name = path.relative(folder, file);
  return name.startsWith(".") ? name : `./${name}`;
}
