import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { isCellModule } from "./cellConverter";
import { requestsIn } from "./compileFile";
import type { Packages } from "./packages";
import { importMeta, importNonProject, isPackage, withoutScheme } from "./projectFiles";
import type { ProjectFiles } from "./projectFiles";

/** Options of {@link CellRequire}. */
export interface CellRequireOptions {
  /** The notebook's folder. */
  readonly cwd: string;
  readonly packages: Packages;
  readonly files: ProjectFiles;
  /** What a cell gets when it requires another cell. */
  readonly scope: object;
}

/**
 * `require`, `import()` and `import.meta` of cells: other cells, the project's own files, and packages
 * of the notebook's folder or else of the toolkit.
 */
export class CellRequire {
  readonly #options: CellRequireOptions;
  /** The cell's `require`, with the properties that Node's has. */
  readonly require: NodeJS.Require;

  constructor(options: CellRequireOptions) {
    this.#options = options;
    const { cwd, files, packages } = options;
    const native = createRequire(join(cwd, "cell.js"));
    const find = (name: string): string =>
      files.resolve(name, cwd) ??
      (isPackage(name) ? packages.resolve(name, cwd) : native.resolve(name));
    this.require = Object.assign((name: string): unknown => this.#require(name, native), {
      cache: native.cache,
      extensions: native.extensions,
      main: native.main,
      resolve: Object.assign(
        (name: string, options?: { readonly paths?: string[] }) =>
          options === undefined ? find(name) : native.resolve(name, options),
        { paths: (name: string) => native.resolve.paths(name) },
      ),
    });
  }

  #require(name: string, native: NodeJS.Require): unknown {
    const { cwd, files, packages, scope } = this.#options;
    if (isCellModule(name)) return scope;
    const file = files.resolve(name, cwd);
    if (file !== null) return files.require(file);
    return isPackage(name) ? packages.require(name, cwd) : native(resolve(cwd, name));
  }

  /** The cell's `import()`. */
  readonly load = async (name: string): Promise<unknown> => {
    const { cwd, files, packages } = this.#options;
    const file = files.resolve(withoutScheme(name), cwd);
    if (file === null) return importNonProject(name, cwd, packages);
    files.refresh();
    return files.import(file);
  };

  /** @param filename the cell's name, as if it were a file in the notebook's folder */
  metaOf(filename: string): object {
    const { cwd, files, packages } = this.#options;
    return importMeta(join(cwd, filename), packages, (name) => files.resolve(name, cwd));
  }

  /**
   * Loads the imports of a cell that must be awaited.
   *
   * @returns `null` if there are none
   */
  prepare(javascript: string): Promise<unknown> | null {
    const { cwd, files, packages } = this.#options;
    const pending: Promise<unknown>[] = [];
    for (const name of requestsIn(javascript)) {
      if (isCellModule(name)) continue;
      const file = files.resolve(name, cwd);
      if (file !== null) {
        const waiting = files.prepare(file);
        if (waiting !== null) pending.push(waiting);
      } else if (isPackage(name) && packages.mustBeImported(name, cwd)) {
        pending.push(packages.prepare(name, cwd));
      }
    }
    return pending.length === 0 ? null : Promise.all(pending);
  }

  /** Forgets the project files that changed, and those that import them. */
  refresh(): void {
    this.#options.files.refresh();
  }
}
