import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "./channel";
import { errorCode, isImportOnly, resolveImport } from "./importOnly";
import { moduleForCell } from "./library";

/** Options of {@link Packages}. */
export interface PackagesOptions {
  /** Searched for packages that the importing folder does not have. */
  readonly fallbackRoot: string;
  /** Where tslab's display calls go. */
  readonly show: (bundle: Bundle, id: string | null, update: boolean) => void;
  /** Called before and after a package is loaded, with the name that is required. */
  readonly watcher: PackageWatcher;
}

/** See {@link PackagesOptions.watcher}. */
export interface PackageWatcher {
  beforePackage(name: string): void;
  afterPackage(name: string): void;
}

/** The module object that receives tslab's display output. */
interface TslabOutputs {
  lastWriteDisplayData: (
    content: { readonly data: Bundle; readonly transient: { readonly display_id?: string } },
    update?: boolean,
  ) => void;
}

/** Node's modules and packages: from the importing folder, or else from the toolkit. */
export class Packages {
  readonly #options: PackagesOptions;
  readonly #fallback: NodeJS.Require;
  /** ES modules that only `import()` can load, by folder and name. */
  readonly #imported = new Map<string, unknown>();

  constructor(options: PackagesOptions) {
    this.#options = options;
    this.#fallback = createRequire(join(options.fallbackRoot, "cell.js"));
  }

  /** @param folder of the importing file */
  require(given: string, folder: string): unknown {
    const imported = this.#imported.get(key(given, folder));
    if (imported !== undefined) return imported;
    const name = moduleForCell(given);
    if (name === "tslab") return this.#tslab();
    const native = createRequire(join(folder, "cell.js"));
    const { watcher } = this.#options;
    watcher.beforePackage(name);
    const module: unknown = native(this.#find(name, native));
    watcher.afterPackage(name);
    return module;
  }

  /** A package's file, as `require.resolve` returns it. */
  resolve(given: string, folder: string): string {
    return this.#find(moduleForCell(given), createRequire(join(folder, "cell.js")));
  }

  /** A package's URL, as `import.meta.resolve` returns it, or `null`. */
  resolveUrl(given: string, folder: string): string | null {
    const name = moduleForCell(given);
    for (const root of [folder, this.#options.fallbackRoot]) {
      const url = resolveImport(name, pathToFileURL(join(root, "cell.mjs")).href);
      if (url !== null) return /^[a-z]+:/.test(url) ? url : `node:${url}`;
    }
    return null;
  }

  async import(given: string, folder: string): Promise<unknown> {
    const { watcher } = this.#options;
    watcher.beforePackage(given);
    const module: unknown = await import(this.resolveUrl(given, folder) ?? moduleForCell(given));
    watcher.afterPackage(given);
    return module;
  }

  /** Whether a package is an ES module that `require` refuses because of a top-level await. */
  mustBeImported(name: string, folder: string): boolean {
    try {
      this.require(name, folder);
      return false;
    } catch (error) {
      return isImportOnly(error); // any other error is thrown by the later `require`
    }
  }

  /** Imports such a package, so that {@link require} can return it. */
  async prepare(name: string, folder: string): Promise<void> {
    const module = (await this.import(name, folder)) as object;
    // Without this flag its default export would be taken for a property of it.
    this.#imported.set(key(name, folder), { ...module, __esModule: true });
  }

  #find(name: string, native: NodeJS.Require): string {
    try {
      return native.resolve(name);
    } catch (error) {
      if (errorCode(error) !== "MODULE_NOT_FOUND") throw error;
      try {
        return this.#fallback.resolve(name);
      } catch {
        throw error; // the error that names the importing folder
      }
    }
  }

  /** tslab's public functions, connected to this kernel's outputs. */
  #tslab(): unknown {
    const jupyter = this.#fallback("tslab/dist/jupyter.js") as TslabOutputs;
    jupyter.lastWriteDisplayData = ({ data, transient }, update) =>
      this.#options.show(data, transient.display_id ?? null, update ?? false);
    return this.#fallback("tslab");
  }
}

function key(name: string, folder: string): string {
  return `${folder}\0${name}`;
}
