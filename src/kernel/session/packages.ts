import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "./channel";
import { errorCode, isImportOnly, resolveImport } from "./importOnly";
import { moduleForCell } from "./library";

/** What {@link Packages} is made of. */
export interface PackagesOptions {
  /** Where packages are looked for that the folder at hand does not have. */
  readonly fallbackRoot: string;
  /** Where tslab's display calls go. */
  readonly show: (bundle: Bundle, id: string | null, update: boolean) => void;
  /** Told of a package before it is loaded, by the name that loads it, and afterwards. */
  readonly watcher: PackageWatcher;
}

/** See {@link PackagesOptions.watcher}. */
export interface PackageWatcher {
  beforePackage(name: string): void;
  afterPackage(name: string): void;
}

/** The variable through which tslab's display calls write. */
interface TslabOutputs {
  lastWriteDisplayData: (
    content: { readonly data: Bundle; readonly transient: { readonly display_id?: string } },
    update?: boolean,
  ) => void;
}

/** Node's modules and packages: of the folder at hand or else of the toolkit. */
export class Packages {
  readonly #options: PackagesOptions;
  readonly #fallback: NodeJS.Require;
  /** ES modules that only `import()` can load, by folder and name. */
  readonly #imported = new Map<string, unknown>();

  constructor(options: PackagesOptions) {
    this.#options = options;
    this.#fallback = createRequire(join(options.fallbackRoot, "cell.js"));
  }

  /** @param folder of the file that asks */
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

  /** The file of a package, as `require.resolve` gives it. */
  resolve(given: string, folder: string): string {
    return this.#find(moduleForCell(given), createRequire(join(folder, "cell.js")));
  }

  /** The URL of a package, as `import.meta.resolve` gives it, or `null`. */
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

  /** Whether a package is an ES module that `require` refuses, as it waits at its top. */
  mustBeImported(name: string, folder: string): boolean {
    try {
      this.require(name, folder);
      return false;
    } catch (error) {
      return isImportOnly(error); // else who requires it will throw the error
    }
  }

  /** Imports such a package; afterwards {@link require} has it. */
  async prepare(name: string, folder: string): Promise<void> {
    const module = (await this.import(name, folder)) as object;
    // Without the mark its default export would be taken for a property of it.
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
        throw error; // the one that names the folder at hand
      }
    }
  }

  /** tslab's public functions, joined to this kernel's outputs. */
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
