import { readFileSync, statSync } from "node:fs";
import { Module, createRequire } from "node:module";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { isCellModule } from "./cellConverter";
import type { Bundle } from "./channel";
import type { KnownSources } from "./knownSources";
import { moduleForCell } from "./library";

/** What {@link CellRequire} is made of. */
export interface CellRequireOptions {
  /** The notebook's folder. */
  readonly cwd: string;
  /** Where packages are looked for that the notebook's folder does not have. */
  readonly fallbackRoot: string;
  /** Told of the project's files as they are loaded. */
  readonly sources: KnownSources;
  /** What a cell gets for another cell. */
  readonly scope: object;
  /** Where tslab's display calls go. */
  readonly show: (bundle: Bundle, id: string | null, update: boolean) => void;
}

interface SourceModule {
  readonly mtimeMs: number;
  readonly module: Module;
  /** TypeScript files that it requires in turn. */
  readonly sources: string[];
}

/** The variable through which tslab's display calls write. */
interface TslabOutputs {
  lastWriteDisplayData: (
    content: { readonly data: Bundle; readonly transient: { readonly display_id?: string } },
    update?: boolean,
  ) => void;
}

const SOURCE = new Set([".ts", ".tsx", ".mts", ".cts"]);

/** `require` refuses the package, `import()` may not. */
const IMPORT_ONLY = new Set([
  "ERR_REQUIRE_ASYNC_MODULE",
  "ERR_REQUIRE_ESM",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
]);

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** The TypeScript file that a relative name means, or `null`. */
function sourceFile(path: string): string | null {
  const candidates = SOURCE.has(extname(path))
    ? [path]
    : [
        ...[...SOURCE].map((extension) => path + extension),
        ...[...SOURCE].map((extension) => path.replace(/\.[cm]?js$/, "") + extension),
        join(path, "index.ts"),
      ];
  return candidates.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * `require` and `import()` of cells: packages of the notebook's folder or else of the toolkit's,
 * TypeScript files beside the notebook or above it, ES modules, other cells.
 */
export class CellRequire {
  readonly #options: CellRequireOptions;
  readonly #local: NodeJS.Require;
  readonly #fallback: NodeJS.Require;
  readonly #sources = new Map<string, SourceModule>();
  /** ES modules that only `import()` can load, by specifier. */
  readonly #imported = new Map<string, unknown>();

  constructor(options: CellRequireOptions) {
    this.#options = options;
    this.#local = createRequire(join(options.cwd, "cell.js"));
    this.#fallback = createRequire(join(options.fallbackRoot, "cell.js"));
  }

  /** The cell's `require`. */
  readonly require = (name: string): unknown => {
    if (isCellModule(name)) return this.#options.scope;
    if (this.#imported.has(name)) return this.#imported.get(name);
    return this.#requireFrom(name, this.#options.cwd, this.#local, []);
  };

  /** The cell's `import()`. */
  readonly load = async (name: string): Promise<unknown> => {
    if (name.startsWith(".") || isAbsolute(name)) {
      const path = resolve(this.#options.cwd, name);
      if (sourceFile(path) !== null) return this.require(name);
      return import(pathToFileURL(path).href);
    }
    if (/^(node|data|file|https?):/.test(name)) return import(name);
    return this.#importPackage(name);
  };

  /**
   * Loads the ES modules among a cell's imports that cannot be required, as they wait at their
   * top; afterwards {@link require} has them.
   *
   * @returns `null` where there are none
   */
  prepare(javascript: string): Promise<unknown> | null {
    const pending: Promise<unknown>[] = [];
    for (const [, name] of javascript.matchAll(/\brequire\("([^"]+)"\)/g)) {
      if (name === undefined || name.startsWith(".") || this.#imported.has(name)) continue;
      try {
        this.require(name);
      } catch (error) {
        if (!IMPORT_ONLY.has(errorCode(error) ?? "")) continue; // the cell will throw it
        pending.push(
          this.#importPackage(name).then((module) =>
            // Without the mark its default export would be taken for a property of it.
            this.#imported.set(name, { ...(module as object), __esModule: true }),
          ),
        );
      }
    }
    return pending.length === 0 ? null : Promise.all(pending);
  }

  /** Forgets TypeScript files that changed, and those that use them. */
  refresh(): void {
    const stale = (path: string, seen = new Set<string>()): boolean => {
      const source = this.#sources.get(path);
      if (source === undefined || seen.has(path)) return false;
      seen.add(path);
      const now = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      return now !== source.mtimeMs || source.sources.some((each) => stale(each, seen));
    };
    const gone = [...this.#sources.keys()].filter((path) => stale(path));
    for (const path of gone) this.#sources.delete(path);
  }

  async #importPackage(given: string): Promise<unknown> {
    const name = moduleForCell(given);
    const { cwd, fallbackRoot } = this.#options;
    for (const root of [cwd, fallbackRoot]) {
      const parent = pathToFileURL(join(root, "cell.mjs")).href;
      const url = resolveImport(name, parent);
      if (url !== null) return import(url);
    }
    return import(name);
  }

  #requireFrom(given: string, folder: string, native: NodeJS.Require, sources: string[]): unknown {
    const name = moduleForCell(given);
    if (name.startsWith(".") || isAbsolute(name)) {
      const source = sourceFile(resolve(folder, name));
      if (source !== null && !existsAsScript(native, name)) {
        sources.push(source);
        return this.#requireSource(source);
      }
      return native(name);
    }
    if (name === "tslab") return this.#tslab();
    let path: string;
    try {
      path = native.resolve(name);
    } catch (error) {
      if (errorCode(error) !== "MODULE_NOT_FOUND") throw error;
      try {
        path = this.#fallback.resolve(name);
      } catch {
        throw error; // the one that names the notebook's folder
      }
    }
    return native(path);
  }

  /** tslab's public functions, joined to this kernel's outputs. */
  #tslab(): unknown {
    const jupyter = this.#fallback("tslab/dist/jupyter.js") as TslabOutputs;
    jupyter.lastWriteDisplayData = ({ data, transient }, update) =>
      this.#options.show(data, transient.display_id ?? null, update ?? false);
    return this.#fallback("tslab");
  }

  #requireSource(path: string): unknown {
    const known = this.#sources.get(path);
    if (known !== undefined) return known.module.exports;
    const module = new Module(path);
    module.filename = path;
    const sources: string[] = [];
    const mtimeMs = statSync(path).mtimeMs;
    // Known before it runs, so that two files may import each other.
    this.#sources.set(path, { mtimeMs, module, sources });
    const native = createRequire(path);
    const folder = dirname(path);
    module.require = ((name: string) =>
      this.#requireFrom(name, folder, native, sources)) as NodeJS.Require;
    try {
      (module as Module & { _compile(code: string, path: string): void })._compile(
        transpile(path, this.#options.sources),
        path,
      );
    } catch (error) {
      this.#sources.delete(path);
      throw error;
    }
    return module.exports;
  }
}

/** Whether Node itself finds a script or JSON by this relative name. */
function existsAsScript(native: NodeJS.Require, name: string): boolean {
  try {
    return !SOURCE.has(extname(native.resolve(name)));
  } catch {
    return false;
  }
}

function transpile(path: string, sources: KnownSources): string {
  const code = readFileSync(path, "utf8");
  const { outputText, sourceMapText = null } = ts.transpileModule(code, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      experimentalDecorators: true,
      jsx: ts.JsxEmit.React,
      sourceMap: true,
    },
  });
  sources.addFile(path, code, sourceMapText);
  return outputText;
}

/** What `import` would load, or `null`; Node has no public way to ask from another file. */
function resolveImport(name: string, parent: string): string | null {
  const require = createRequire(parent);
  try {
    return toUrl(require.resolve(name));
  } catch (error) {
    if (errorCode(error) !== "ERR_PACKAGE_PATH_NOT_EXPORTED") return null;
  }
  return importOnlyEntry(name, require);
}

function toUrl(path: string): string {
  return isAbsolute(path) ? pathToFileURL(path).href : path;
}

type Conditions = string | null | { readonly [condition: string]: Conditions };

function pickImport(target: Conditions): string | null {
  if (typeof target === "string" || target === null) return target;
  for (const condition of ["node", "import", "module-sync", "default"]) {
    const picked = condition in target ? pickImport(target[condition] ?? null) : null;
    if (picked !== null) return picked;
  }
  return null;
}

/** The entry of a package that offers itself to `import` alone. */
function importOnlyEntry(name: string, require: NodeJS.Require): string | null {
  const [, packageName = name, subpath = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(name) ?? [];
  for (const folder of require.resolve.paths(packageName) ?? []) {
    const root = join(folder, packageName);
    let manifest: { readonly exports?: Conditions };
    try {
      manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as typeof manifest;
    } catch {
      continue;
    }
    const { exports = null } = manifest;
    const key = `.${subpath}`;
    const target =
      typeof exports === "object" && exports !== null && key in exports
        ? (exports[key] ?? null)
        : subpath === ""
          ? exports
          : null;
    const entry = pickImport(target);
    return entry === null ? null : pathToFileURL(join(root, entry)).href;
  }
  return null;
}
