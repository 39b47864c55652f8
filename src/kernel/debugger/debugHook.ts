import { pathToFileURL } from "node:url";
import { toMimeBundle } from "../../display";
import type { CompiledCell } from "../session/cellConverter";
import type { CompiledFile } from "../session/compileFile";
import type { KnownSources } from "../session/knownSources";
import { cellPath } from "./cellPaths";
import { cellSegments, fileSegments } from "./lineMap";
import type { Segment } from "./lineMap";

/** How the debugger's thread names this object when it evaluates in the cells' thread. */
export const HOOK_NAME = "layerbook.debug";

/** How many cells back a function can be stopped in. */
const KEPT_CELLS = 300;

/** What the debugger needs of a script to find places in it. */
export interface DebuggedScript {
  /** The name under which V8 knows it. */
  readonly script: string;
  /** The path under which the frontend knows it. */
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** A cell as the debugger needs it. */
export interface DebuggedCell extends DebuggedScript {
  /** The number that the frontend shows. */
  readonly count: number;
}

interface KnownCell {
  readonly script: string;
  readonly count: number;
  readonly code: string;
  readonly typed: string;
  readonly compiled: CompiledCell;
  path?: string;
}

/**
 * The debugger's foothold in the thread that runs the cells. Its thread calls these methods through
 * the inspector, also while a cell stands at a breakpoint; so none of them may wait for anything.
 */
export class DebugHook {
  readonly #cells = new Map<string, KnownCell>();
  readonly #variables: () => Readonly<Record<string, unknown>>;
  readonly #all: object;
  readonly #sources: KnownSources;
  readonly #compile: (path: string) => CompiledFile | null;
  /** What stood on `globalThis` before {@link enter}. */
  readonly #shadowed = new Map<string, PropertyDescriptor | undefined>();

  constructor(parts: {
    /** Know the project's files. */
    readonly sources: KnownSources;
    /** Compiles a file of the project as it is now; `null` for what cells cannot load. */
    readonly compile: (path: string) => CompiledFile | null;
    /** Every name that cells see. */
    readonly all: object;
    /** The names that cells have defined, and their values. */
    readonly variables: () => Readonly<Record<string, unknown>>;
  }) {
    this.#sources = parts.sources;
    this.#compile = parts.compile;
    this.#all = parts.all;
    this.#variables = parts.variables;
    Object.defineProperty(globalThis, Symbol.for(HOOK_NAME), { value: this, configurable: true });
  }

  /**
   * Notes a cell that is about to run.
   *
   * @param code as the frontend sent it
   * @param typed without magics, as it was compiled
   */
  add(cell: {
    readonly script: string;
    readonly count: number;
    readonly code: string;
    readonly typed: string;
    readonly compiled: CompiledCell;
  }): void {
    this.#cells.set(cell.script, { ...cell });
    const [oldest] = this.#cells.keys();
    if (this.#cells.size > KEPT_CELLS && oldest !== undefined) this.#cells.delete(oldest);
  }

  /** A cell by the name of its script; `null` where it is forgotten. */
  cell(script: string): DebuggedCell | null {
    const known = this.#cells.get(script);
    if (known === undefined) return null;
    const { count, typed, compiled } = known;
    const segments = cellSegments(typed, compiled);
    return { script, count, path: this.#path(known), segments };
  }

  /** The scripts of the cells that have a path. */
  scripts(path: string): string[] {
    return [...this.#cells.values()]
      .filter((known) => this.#path(known) === path)
      .map(({ script }) => script);
  }

  /** A file of the project as it runs when it is loaded next; `null` for what cells cannot load. */
  file(path: string): DebuggedScript | null {
    const compiled = this.#compile(path);
    if (compiled === null) return null;
    const segments = fileSegments(compiled.javascript, compiled.sourceMap);
    // Node tells V8's clients of a script that is known by its path as of a URL.
    return { script: pathToFileURL(path).href, path, segments };
  }

  /** A place in a file of the project's as the user typed it; both from 0. */
  place(
    names: readonly string[],
    line: number,
    column: number,
  ): { readonly line: number; readonly column: number } {
    for (const name of names) {
      const found = this.#sources.find(`${name}:${line + 1}:${column + 1}`)?.place;
      if (found !== undefined) return { line: found.line - 1, column: found.column - 1 };
    }
    return { line, column };
  }

  /** What cells have defined, by name. */
  variables(): Readonly<Record<string, unknown>> {
    return this.#variables();
  }

  /** A value as an output would show it; its text alone where it needs time. */
  bundle(value: unknown): Readonly<Record<string, unknown>> {
    const bundle = toMimeBundle(value);
    return bundle instanceof Promise ? { "text/plain": String(value) } : bundle;
  }

  /**
   * Makes the names of all cells globals, so that an expression finds them: in compiled code they
   * are properties of an object. {@link leave} takes them back.
   */
  enter(): void {
    for (const name of Object.keys(this.#all)) {
      const before = Object.getOwnPropertyDescriptor(globalThis, name);
      if (this.#shadowed.has(name) || before?.configurable === false) continue;
      this.#shadowed.set(name, before);
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => (this.#all as Record<string, unknown>)[name],
        set: (value: unknown) => ((this.#all as Record<string, unknown>)[name] = value),
      });
    }
  }

  leave(): void {
    for (const [name, before] of this.#shadowed) {
      if (before !== undefined) Object.defineProperty(globalThis, name, before);
      else delete (globalThis as unknown as Record<string, unknown>)[name];
    }
    this.#shadowed.clear();
  }

  #path(known: KnownCell): string {
    return (known.path ??= cellPath(known.code));
  }
}
