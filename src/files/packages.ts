import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SetupError } from "../core/errors";

/**
 * Packages that only some users need (native TensorFlow, image codecs, the kernel's parts) are not
 * dependencies, so that browser users need not download them. They are looked up where layerbook is
 * installed and in the project's `.engine` folder, which `npx layerbook setup` fills and `npm ci` keeps.
 */
const MISSING = new Set(["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"]);

/** Whether an import failed because the package is missing, rather than because its code threw. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error) || !MISSING.has(String(error.code))) {
    return false;
  }
  return error.message.includes(`'${name}'`) || error.message.includes(`'${packageOf(name)}'`);
}

/** `@scope/name` of `@scope/name/file`. */
function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The `.engine` folders above layerbook and above the working directory that hold packages. */
export function engineFolders(): string[] {
  const found = new Set<string>();
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = resolve(start); ; folder = dirname(folder)) {
      const engine = join(folder, ".engine");
      if (existsSync(join(engine, "node_modules"))) found.add(engine);
      if (folder === dirname(folder)) break;
    }
  }
  return [...found];
}

function missingPackage(name: string, cause: unknown): SetupError {
  return new SetupError({
    where: name,
    expected: "the package to be installed",
    got: "none",
    remedy: `Run \`npm install ${packageOf(name)}\`, or \`npx layerbook setup\` for all optional parts`,
    cause,
  });
}

/** Calls `find` for layerbook's location, then for each `.engine`, until one has the package. */
function findPackage<T>(name: string, find: (require: NodeJS.Require) => T): T {
  let first: unknown;
  for (const file of [__filename, ...engineFolders().map((folder) => join(folder, "index.js"))]) {
    try {
      return find(createRequire(file));
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      first ??= error;
    }
  }
  throw missingPackage(name, first);
}

/**
 * Requires an optional package.
 *
 * @throws SetupError if it is not installed
 */
export function requirePackage(name: string): unknown {
  return findPackage(name, (require) => require(name) as unknown);
}

/**
 * The file that requiring an optional package would load.
 *
 * @throws SetupError if it is not installed
 */
export function resolvePackage(name: string): string {
  return findPackage(name, (require) => require.resolve(name));
}

/**
 * Imports an optional package, which may be an ES module.
 *
 * @throws SetupError if it is not installed
 */
export async function importPackage(name: string): Promise<unknown> {
  let first: unknown;
  try {
    return await import(name);
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    first = error;
  }
  for (const folder of engineFolders()) {
    // Set-up writes this file, since only a file in that folder can import the packages there.
    const importer = pathToFileURL(join(folder, "import.mjs")).href;
    try {
      const { load } = (await import(importer)) as { load: (name: string) => Promise<unknown> };
      return await load(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  throw missingPackage(name, first);
}
