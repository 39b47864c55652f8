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
  /** Where packages are looked for that the notebook's folder does not have. */
  readonly fallbackRoot: string;
  readonly strict: boolean;
  /** The project's own compiler options; default none. */
  readonly projectOptions?: ts.CompilerOptions;
}

/** Where packages are looked for after the notebook's own folder. */
function fallbackFolders({ fallbackRoot }: ProjectOptions): string[] {
  return [fallbackRoot, ...engineFolders()];
}

function nodeTypeRoot(options: ProjectOptions): string | null {
  for (const folder of [options.cwd, ...fallbackFolders(options)]) {
    try {
      const file = createRequire(join(folder, "cell.js")).resolve("@types/node/package.json");
      return dirname(dirname(file));
    } catch {
      // Look in the next one.
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
 * TypeScript's language service over the notebook: real files from disk, cells from memory.
 */
export class CellProject {
  readonly #options: ProjectOptions;
  readonly #cells = new Map<string, { text: string; version: number }>();
  readonly #service: ts.LanguageService;
  readonly #snapshots = new Map<string, { version: string; snapshot: ts.IScriptSnapshot }>();
  #versions = 0;
  #looksAnew = false;
  /** Counts the times that files may have changed. */
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

  /** Looks for modules again: one that was missing may have been installed or written. */
  forgetResolutions(): void {
    this.#rounds++;
    this.#looksAnew = true;
    this.#resolutions = this.#newResolutions();
  }

  #newResolutions(): ts.ModuleResolutionCache {
    return ts.createModuleResolutionCache(this.#options.cwd, (name) => name, this.#compilerOptions);
  }

  /** The program as the files now stand. */
  program(): ts.Program {
    const program = this.#service.getProgram();
    if (program === undefined) throw new Error("TypeScript's language service gave no program");
    return program;
  }

  /** A cell's path, as if it lay in the notebook's folder. */
  cellPath(name: string): string {
    return ts.sys.resolvePath(join(this.#options.cwd, name));
  }

  /** Puts a cell in, or another text in its place. */
  setCell(path: string, text: string): void {
    // What lies beside the notebook may have changed too.
    this.#rounds++;
    // The same text again, as a re-run cell has it, leaves TypeScript's answers as they are.
    if (this.#cells.get(path)?.text === text && !this.#looksAnew) return;
    this.#looksAnew = false;
    // Never used twice: a file that was removed may come back with another text.
    this.#cells.set(path, { text, version: ++this.#versions });
  }

  /**
   * Drops cells that nothing leads to any more.
   *
   * @param roots paths of the cells that must stay, without their extension
   * @param reference finds the names of cells in a cell's text, as its first group
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

  /** TypeScript asks for every file's text at every cell: it is read again only when it changed. */
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
    // A file beside the notebook may change between two cells, a package may not.
    if (path.includes("/node_modules/")) return "0";
    return String(statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }

  #host(): ts.LanguageServiceHost {
    const { cwd } = this.#options;
    const folders = fallbackFolders(this.#options);
    const exists = (path: string): boolean => this.#cells.has(path) || ts.sys.fileExists(path);
    const host: ts.LanguageServiceHost & Pick<ts.CompilerHost, "getModuleResolutionCache"> = {
      // Else TypeScript compares the versions of all files at every call.
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
      // Beside ours it serves TypeScript's own questions, such as which package a file belongs to.
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
          // `paths` are the project's, whichever file asks.
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
