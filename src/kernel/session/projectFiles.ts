import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import type ts from "typescript";
import { CELL_API } from "./cellTransform";
import { compileFile } from "./compileFile";
import type { CompiledFile } from "./compileFile";
import { fileStamp } from "./fileStamp";
import type { KnownSources } from "./knownSources";
import type { Packages } from "./packages";
import type { StopCalls } from "./stopCalls";

/** Options of {@link ProjectFiles}. */
export interface ProjectFilesOptions {
  readonly packages: Packages;
  /** Records the files as they are loaded. */
  readonly sources: KnownSources;
  /** What the compiled files call so that a stop can end them. */
  readonly stops: StopCalls;
  /** The project's own compiler options. */
  readonly compilerOptions: ts.CompilerOptions;
  /** The file that the project's `paths` map a name to, or `null`. */
  readonly resolveAlias: (name: string) => string | null;
}

interface LoadedFile {
  /** Changes whenever the file changes. */
  readonly stamp: string;
  readonly compiled: CompiledFile | null;
  readonly module: { exports: unknown };
  /** Files that it requires. */
  readonly uses: Set<string>;
  state: "new" | "running" | "done";
}

/** The extensions that an import may omit, in the type checker's order. */
const ENDINGS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];
const LOADED = new Set(ENDINGS);

/**
 * Loads the project's own files for cells and for each other: TypeScript, JavaScript and JSON, each
 * again after it has changed. ES modules and CommonJS are treated alike: `import`, `require`,
 * `import.meta` and a top-level `await` work in both.
 */
export class ProjectFiles {
  readonly #options: ProjectFilesOptions;
  readonly #files = new Map<string, LoadedFile>();

  constructor(options: ProjectFilesOptions) {
    this.#options = options;
  }

  /** The project file that a module name refers to, or `null` for a package or another kind of file. */
  resolve(name: string, folder: string): string | null {
    const isRelative = name.startsWith(".") || isAbsolute(name);
    const base = isRelative ? resolve(folder, name) : this.#options.resolveAlias(name);
    if (base === null) return null;
    const file = findFile(base);
    if (file === null || !LOADED.has(extname(file)) || isInPackage(file)) return null;
    return file;
  }

  /** A file's exports. */
  require(path: string): unknown {
    const file = this.#open(path);
    if (file.state === "new") {
      if (file.compiled?.hasTopLevelAwait === true) {
        throw new Error(`${path} has a top-level await: load it with \`await import()\``);
      }
      void this.#run(path, file); // synchronous
    }
    return file.module.exports;
  }

  /** The result of `import()` for a file. */
  async import(path: string): Promise<unknown> {
    await this.prepare(path);
    const exports = this.require(path);
    if (typeof exports !== "object" || exports === null) return { default: exports };
    return "__esModule" in exports ? exports : { ...exports, default: exports };
  }

  /**
   * Loads what must be awaited before a file can be required: files with a top-level `await` and
   * packages that can only be imported.
   *
   * @returns `null` if there is nothing to wait for
   */
  prepare(path: string): Promise<void> | null {
    return this.#mustWait(path, new Set()) ? this.#prepare(path, new Set()) : null;
  }

  /**
   * A file as it will be compiled when cells next load it; this does not load it.
   *
   * @returns `null` if cells cannot load the file, or it is not code
   */
  compile(path: string): CompiledFile | null {
    const isCode = LOADED.has(extname(path)) && extname(path) !== ".json";
    if (!isCode || !isAbsolute(path) || !isFile(path) || isInPackage(path)) return null;
    return compileFile(path, this.#options.compilerOptions);
  }

  /** Forgets files that have changed, and those that use them. */
  refresh(): void {
    const stale = (path: string, seen = new Set<string>()): boolean => {
      const file = this.#files.get(path);
      if (file === undefined || seen.has(path)) return false;
      seen.add(path);
      return fileStamp(path) !== file.stamp || [...file.uses].some((each) => stale(each, seen));
    };
    const gone = [...this.#files.keys()].filter((path) => stale(path));
    for (const path of gone) this.#files.delete(path);
  }

  #open(path: string): LoadedFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const stamp = fileStamp(path);
    const isJson = extname(path) === ".json";
    const { compilerOptions, sources } = this.#options;
    const compiled = isJson ? null : compileFile(path, compilerOptions);
    if (compiled !== null) sources.addFile(path, compiled.code, compiled.sourceMap);
    const file: LoadedFile = {
      stamp,
      compiled,
      module: { exports: isJson ? parseJson(path) : {} },
      uses: new Set(),
      state: isJson ? "done" : "new",
    };
    // Registered before it runs, so that two files may import each other.
    this.#files.set(path, file);
    return file;
  }

  /** The files and packages that a file requires. */
  #requests(path: string): { readonly file: string | null; readonly name: string }[] {
    const folder = dirname(path);
    const { compiled, uses } = this.#open(path);
    return (compiled?.requests ?? []).map((name) => {
      const file = this.resolve(name, folder);
      if (file !== null) uses.add(file);
      return { file, name };
    });
  }

  #mustWait(path: string, seen: Set<string>): boolean {
    if (seen.has(path)) return false;
    seen.add(path);
    const { compiled, state } = this.#open(path);
    if (state !== "new") return false;
    if (compiled?.hasTopLevelAwait === true) return true;
    return this.#requests(path).some(({ file, name }) =>
      file === null
        ? isPackage(name) && this.#options.packages.mustBeImported(name, dirname(path))
        : this.#mustWait(file, seen),
    );
  }

  async #prepare(path: string, seen: Set<string>): Promise<void> {
    if (seen.has(path)) return;
    seen.add(path);
    const file = this.#open(path);
    if (file.state !== "new") return;
    for (const { file: used, name } of this.#requests(path)) {
      if (used !== null) await this.#prepare(used, seen);
      else if (isPackage(name)) await this.#preparePackage(name, dirname(path));
    }
    if (file.compiled?.hasTopLevelAwait === true) await this.#run(path, file);
  }

  async #preparePackage(name: string, folder: string): Promise<void> {
    const { packages } = this.#options;
    if (packages.mustBeImported(name, folder)) await packages.prepare(name, folder);
  }

  /** Runs a file's code; returns a promise if it is asynchronous. */
  #run(path: string, file: LoadedFile): Promise<void> | null {
    const { compiled, module } = file;
    if (compiled === null) return null;
    file.state = "running";
    const fail = (error: unknown): never => {
      this.#files.delete(path);
      throw error;
    };
    const done = (): void => void (file.state = "done");
    const folder = dirname(path);
    const names = ["exports", "require", "module", "__filename", "__dirname", CELL_API];
    const require = this.#requireOf(path, file);
    const values = [module.exports, require, module, path, folder, this.#apiOf(path, file)];
    try {
      if (!compiled.hasTopLevelAwait) {
        const run = vm.compileFunction(compiled.javascript, names, { filename: path });
        run.apply(module.exports, values);
        done();
        return null;
      }
      const wrapped = `(async function (${names.join(", ")}) { ${compiled.javascript}\n})`;
      const run = vm.runInThisContext(wrapped, { filename: path }) as (
        ...args: unknown[]
      ) => Promise<void>;
      return run(...values).then(done, fail);
    } catch (error) {
      return fail(error);
    }
  }

  #requireOf(path: string, { uses }: LoadedFile): unknown {
    const folder = dirname(path);
    const native = createRequire(path);
    const { packages } = this.#options;
    const require = (name: string): unknown => {
      const file = this.resolve(name, folder);
      if (file === null) return isPackage(name) ? packages.require(name, folder) : native(name);
      uses.add(file);
      return this.require(file);
    };
    return Object.assign(require, { cache: native.cache, resolve: native.resolve });
  }

  #apiOf(path: string, { uses }: LoadedFile): object {
    const folder = dirname(path);
    const { packages, stops } = this.#options;
    const find = (name: string): string | null => this.resolve(name, folder);
    return {
      ...stops,
      load: async (name: string): Promise<unknown> => {
        const file = find(withoutScheme(name));
        if (file === null) return importNonProject(name, folder, packages);
        uses.add(file);
        return this.import(file);
      },
      meta: importMeta(path, packages, find),
    };
  }
}

/** Whether a module name refers to a package rather than a project file. */
export function isPackage(name: string): boolean {
  return !name.startsWith(".") && !isAbsolute(name);
}

/** Converts a `file:` URL to a path; other names are unchanged. */
export function withoutScheme(name: string): string {
  return name.startsWith("file:") ? fileURLToPath(name) : name;
}

/** `import()` of anything but a project file. */
export async function importNonProject(
  name: string,
  folder: string,
  packages: Packages,
): Promise<unknown> {
  if (!isPackage(name)) return import(pathToFileURL(resolve(folder, name)).href);
  if (/^(node|data|file|https?):/.test(name)) return import(name);
  return packages.import(name, folder);
}

/** `import.meta` of a file, or of a cell, which has its own path in the notebook's folder. */
export function importMeta(
  path: string,
  packages: Packages,
  find: (name: string) => string | null,
): object {
  const folder = dirname(path);
  return {
    url: pathToFileURL(path).href,
    dirname: folder,
    filename: path,
    resolve(name: string): string {
      if (/^(node|data|file|https?):/.test(name)) return name;
      const file = find(name) ?? (isPackage(name) ? null : resolve(folder, name));
      if (file !== null) return pathToFileURL(file).href;
      const url = packages.resolveUrl(name, folder);
      if (url === null) throw new Error(`Cannot find package '${name}' from ${path}`);
      return url;
    },
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function findFile(base: string): string | null {
  const candidates = [
    base,
    ...ENDINGS.map((ending) => base + ending),
    // TypeScript files are imported under the name of their compiled file.
    ...(/\.[cm]?jsx?$/.test(base)
      ? [base.replace(/js(x?)$/, "ts$1"), base.replace(/\.jsx?$/, ".tsx")]
      : []),
    ...ENDINGS.map((ending) => join(base, `index${ending}`)),
  ];
  return candidates.find(isFile) ?? null;
}

function isInPackage(path: string): boolean {
  return path.split(sep).includes("node_modules");
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
