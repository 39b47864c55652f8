import { pathToFileURL } from "node:url";
import { toMimeBundle } from "../../display";
import type { CompiledCell } from "../session/cellConverter";
import type { CompiledFile } from "../session/compileFile";
import type { KnownSources } from "../session/knownSources";
import { cellPath } from "./cellPaths";
import { cellSegments, fileSegments } from "./lineMap";
import type { Segment } from "./lineMap";

/** The name by which the debugger's thread finds this object when it evaluates in the cells' thread. */
export const HOOK_NAME = "layerbook.debug";

/** How many recent cells the debugger can stop in. */
const KEPT_CELLS = 300;

/** What the debugger needs to find places in a script. */
export interface DebuggedScript {
  /** V8's name for it. */
  readonly script: string;
  /** The frontend's path for it. */
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** A cell, as the debugger sees it. */
export interface DebuggedCell extends DebuggedScript {
  /** The execution count. */
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
 * The debugger's entry point in the thread that runs cells. The debugger's thread calls these methods
 * through the inspector, even while a cell is stopped at a breakpoint, so they must not wait for anything.
 */
export class DebugHook {
  readonly #cells = new Map<string, KnownCell>();
  readonly #variables: () => Readonly<Record<string, unknown>>;
  readonly #all: object;
  readonly #sources: KnownSources;
  readonly #compile: (path: string) => CompiledFile | null;
  /** How often each breakpoint with a hit condition was reached. */
  readonly #hits = new Map<number, number>();
  /** The properties of `globalThis` that {@link enter} replaced. */
  readonly #shadowed = new Map<string, PropertyDescriptor | undefined>();

  constructor(parts: {
    /** The source maps of the project's files. */
    readonly sources: KnownSources;
    /** Compiles the current version of a project file; `null` if cells cannot load it. */
    readonly compile: (path: string) => CompiledFile | null;
    /** Every name visible to cells. */
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
   * Records a cell that is about to run.
   *
   * @param code as the frontend sent it
   * @param typed the code that was compiled, without magics
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

  /** A cell by its script name; `null` if it is no longer remembered. */
  cell(script: string): DebuggedCell | null {
    const known = this.#cells.get(script);
    if (known === undefined) return null;
    const { count, typed, compiled } = known;
    const segments = cellSegments(typed, compiled);
    return { script, count, path: this.#path(known), segments };
  }

  /** The scripts of all cells with this path. */
  scripts(path: string): string[] {
    return [...this.#cells.values()]
      .filter((known) => this.#path(known) === path)
      .map(({ script }) => script);
  }

  /** A project file as it will run when next loaded; `null` if cells cannot load it. */
  file(path: string): DebuggedScript | null {
    const compiled = this.#compile(path);
    if (compiled === null) return null;
    const segments = fileSegments(compiled.javascript, compiled.sourceMap);
    // Node reports a script's path to V8's clients as a URL.
    return { script: pathToFileURL(path).href, path, segments };
  }

  /** The source position of a compiled position in a project file; both from 0. */
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

  /** The names that cells have defined, with their values. */
  variables(): Readonly<Record<string, unknown>> {
    return this.#variables();
  }

  /** A value as an output would show it; only its text if the other forms are asynchronous. */
  bundle(value: unknown): Readonly<Record<string, unknown>> {
    const bundle = toMimeBundle(value);
    return bundle instanceof Promise ? { "text/plain": String(value) } : bundle;
  }

  /** Counts a hit of a breakpoint; returns the count so far. */
  hit(breakpoint: number): number {
    const hits = (this.#hits.get(breakpoint) ?? 0) + 1;
    this.#hits.set(breakpoint, hits);
    return hits;
  }

  /**
   * Makes the names of all cells globals, so that an expression can use them: in compiled code they
   * are properties of an object. {@link leave} undoes this.
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
