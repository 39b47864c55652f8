import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { engineFolders } from "../../files/packages";
import { createDocumentRegistry } from "./documentRegistry";
import { LANGUAGE } from "./languageLevel";
import { moduleForCell } from "./library";
import { PREPARED_VERSION, preparedFiles } from "./preparedFiles";

/** How cells are checked. */
export interface ProjectOptions {
  /** The notebook's folder: cells import from there. */
  readonly cwd: string;
  /** Searched for packages that the notebook's folder does not have. */
  readonly fallbackRoot: string;
  readonly strict: boolean;
  /** The project's own compiler options; default none. */
  readonly projectOptions?: ts.CompilerOptions;
}

/** The folders searched for packages after the notebook's own. */
function fallbackFolders({ fallbackRoot }: ProjectOptions): string[] {
  return [fallbackRoot, ...engineFolders()];
}

function nodeTypeRoot(options: ProjectOptions): string | null {
  for (const folder of [options.cwd, ...fallbackFolders(options)]) {
    try {
      const file = createRequire(join(folder, "cell.js")).resolve("@types/node/package.json");
      return dirname(dirname(file));
    } catch {
      // Try the next folder.
    }
  }
  return null;
}

function compilerOptions(options: ProjectOptions): ts.CompilerOptions {
  const { projectOptions = {}, strict } = options;
  const typeRoot = nodeTypeRoot(options);
  return {
    target: LANGUAGE.target,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: [...LANGUAGE.libraries],
    ...(typeRoot === null ? {} : { typeRoots: [typeRoot] }),
    jsx: ts.JsxEmit.React,
    ...projectOptions,
    types: [...(typeRoot === null ? [] : ["node"]), ...(projectOptions.types ?? [])],
    strict,
    skipLibCheck: true,
    esModuleInterop: true,
    resolveJsonModule: true,
    allowImportingTsExtensions: true,
    allowJs: true,
    declaration: true,
    sourceMap: true,
    newLine: ts.NewLineKind.LineFeed,
  };
}

function stem(path: string): string {
  return path.replace(/(?:\.d\.ts|\.tsx?)$/, "");
}

/**
 * TypeScript's language service for the notebook: real files from disk, cells from memory.
 */
export class CellProject {
  readonly #options: ProjectOptions;
  readonly #cells = new Map<string, { text: string; version: number }>();
  readonly #service: ts.LanguageService;
  readonly #snapshots = new Map<string, { version: string; snapshot: ts.IScriptSnapshot }>();
  #versions = 0;
  #mustResolveAgain = false;
  /** Incremented each time files may have changed. */
  #rounds = 0;
  readonly #prepared = preparedFiles(LANGUAGE.target);
  readonly #registry = createDocumentRegistry((path, version) =>
    version === PREPARED_VERSION ? (this.#prepared.get(path)?.file ?? null) : null,
  );
  #resolutions: ts.ModuleResolutionCache;
  #compilerOptions: ts.CompilerOptions;
  #strict: boolean;

  constructor(options: ProjectOptions) {
    this.#options = options;
    this.#strict = options.strict;
    this.#compilerOptions = compilerOptions(options);
    this.#resolutions = this.#newResolutions();
    this.#service = ts.createLanguageService(this.#host(), this.#registry);
  }

  get service(): ts.LanguageService {
    return this.#service;
  }

  get strict(): boolean {
    return this.#strict;
  }

  set strict(strict: boolean) {
    this.#strict = strict;
    this.#compilerOptions = compilerOptions({ ...this.#options, strict });
    this.forgetResolutions();
  }

  /** Resolves modules again: a missing one may have been installed or written. */
  forgetResolutions(): void {
    this.#rounds++;
    this.#mustResolveAgain = true;
    this.#resolutions = this.#newResolutions();
  }

  #newResolutions(): ts.ModuleResolutionCache {
    return ts.createModuleResolutionCache(this.#options.cwd, (name) => name, this.#compilerOptions);
  }

  /** The program for the current files. */
  program(): ts.Program {
    const program = this.#service.getProgram();
    if (program === undefined) throw new Error("TypeScript's language service gave no program");
    return program;
  }

  /** A cell's path, as if it were a file in the notebook's folder. */
  cellPath(name: string): string {
    return ts.sys.resolvePath(join(this.#options.cwd, name));
  }

  /** Adds a cell or replaces its text. */
  setCell(path: string, text: string): void {
    // Files in the notebook's folder may have changed too.
    this.#rounds++;
    // If the text is unchanged, as in a re-run cell, TypeScript's results stay valid.
    if (this.#cells.get(path)?.text === text && !this.#mustResolveAgain) return;
    this.#mustResolveAgain = false;
    // Versions are never reused: a removed file may come back with another text.
    this.#cells.set(path, { text, version: ++this.#versions });
  }

  /**
   * Drops cells that are no longer referenced.
   *
   * @param roots paths of the cells to retain, without extension
   * @param reference matches the names of cells in a cell's text, as its first group
   */
  keepReachable(roots: ReadonlySet<string>, reference: RegExp): void {
    const byStem = new Map([...this.#cells.keys()].map((path) => [stem(path), path]));
    const kept = new Set<string>();
    const pending = [...roots];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const path = byStem.get(next);
      if (path === undefined || kept.has(path)) continue;
      kept.add(path);
      for (const [, name] of this.#cells.get(path)?.text.matchAll(reference) ?? []) {
        if (name !== undefined) pending.push(this.cellPath(name));
      }
    }
    for (const path of this.#cells.keys()) {
      if (kept.has(path)) continue;
      this.#rounds++;
      this.#cells.delete(path);
      this.#snapshots.delete(path);
    }
  }

  #readFile(path: string): string | undefined {
    return this.#cells.get(path)?.text ?? ts.sys.readFile(path);
  }

  /** TypeScript requests every file's text for every cell; it is read again only if it changed. */
  #snapshot(path: string): ts.IScriptSnapshot | undefined {
    const version = this.#version(path);
    const known = this.#snapshots.get(path);
    if (known?.version === version) return known.snapshot;
    const text = this.#prepared.get(path)?.file.text ?? this.#readFile(path);
    if (text === undefined) return undefined;
    const snapshot = ts.ScriptSnapshot.fromString(text);
    this.#snapshots.set(path, { version, snapshot });
    return snapshot;
  }

  #version(path: string): string {
    const cell = this.#cells.get(path);
    if (cell !== undefined) return String(cell.version);
    if (this.#prepared.has(path)) return PREPARED_VERSION;
    // The user's files may change between two cells; packages do not.
    if (path.includes("/node_modules/")) return "0";
    return String(statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }

  #host(): ts.LanguageServiceHost {
    const { cwd } = this.#options;
    const folders = fallbackFolders(this.#options);
    const exists = (path: string): boolean => this.#cells.has(path) || ts.sys.fileExists(path);
    const host: ts.LanguageServiceHost & Pick<ts.CompilerHost, "getModuleResolutionCache"> = {
      // Without this TypeScript compares the versions of all files on every call.
      getProjectVersion: () => String(this.#rounds),
      getScriptFileNames: () => [...this.#cells.keys()],
      getScriptVersion: (path) => this.#version(path),
      getScriptSnapshot: (path) => this.#snapshot(path),
      getCurrentDirectory: () => cwd,
      getCompilationSettings: () => this.#compilerOptions,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists: exists,
      readFile: (path) => this.#readFile(path),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
      readDirectory: (...args) => ts.sys.readDirectory(...args),
      realpath: (path) => ts.sys.realpath?.(path) ?? path,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      // TypeScript also uses it itself, for example to find the package of a file.
      getModuleResolutionCache: () => this.#resolutions,
      resolveModuleNameLiterals: (literals, containingFile, _redirect, options) => {
        const known = this.#prepared.get(containingFile)?.resolutions;
        return literals.map((literal) => {
          const prepared = known?.get(literal.text);
          if (prepared !== undefined) return prepared;
          const text = moduleForCell(literal.text);
          const cache = this.#resolutions;
          const found = ts.resolveModuleName(text, containingFile, options, host, cache);
          if (found.resolvedModule !== undefined || text.startsWith(".")) return found;
          // `paths` belong to the project, whichever file imports.
          for (const folder of folders) {
            const other = ts.resolveModuleName(text, join(folder, "cell.ts"), options, host, cache);
            if (other.resolvedModule !== undefined) return other;
          }
          return found;
        });
      },
    };
    return host;
  }
}
