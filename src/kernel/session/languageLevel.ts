import ts from "typescript";

function has(owner: unknown, name: PropertyKey): boolean {
  return name in Object(owner);
}

/** What a Node may have beyond ES2023, which every Node that runs the kernel has. */
const FEATURES: readonly (readonly [lib: string, isThere: () => boolean])[] = [
  ["es2024.arraybuffer", () => has(ArrayBuffer.prototype, "transfer")],
  ["es2024.collection", () => has(Map, "groupBy")],
  ["es2024.object", () => has(Object, "groupBy")],
  ["es2024.promise", () => has(Promise, "withResolvers")],
  ["es2024.regexp", () => has(RegExp.prototype, "unicodeSets")],
  ["es2024.sharedmemory", () => has(Atomics, "waitAsync")],
  ["es2024.string", () => has(String.prototype, "isWellFormed")],
  ["esnext.array", () => has(Array, "fromAsync")],
  ["esnext.collection", () => has(Set.prototype, "union")],
  ["esnext.disposable", () => has(Symbol, "dispose")],
  ["esnext.error", () => has(Error, "isError")],
  ["esnext.float16", () => has(globalThis, "Float16Array")],
  ["esnext.intl", () => has(Intl, "DurationFormat")],
  ["esnext.iterator", () => has(globalThis, "Iterator")],
  ["esnext.promise", () => has(Promise, "try")],
  ["esnext.sharedmemory", () => has(Atomics, "pause")],
];

/** What the language is that cells are written in. */
export interface LanguageLevel {
  /** The library declarations that are true of the Node that runs the cells. */
  readonly libraries: readonly string[];
  /**
   * The syntax that this Node reads by itself. What is newer (`using`, decorators) TypeScript writes
   * in terms of it.
   */
  readonly target: ts.ScriptTarget;
}

declare global {
  /** Set in the process that builds a start-up snapshot, in which Node hides what it has. */
  var layerbookLanguage: LanguageLevel | undefined;
}

function ofThisNode(): LanguageLevel {
  const found = FEATURES.filter(([, isThere]) => isThere()).map(([lib]) => lib);
  return {
    libraries: ["es2023", ...found].map((lib) => `lib.${lib}.d.ts`),
    target: has(RegExp.prototype, "unicodeSets") ? ts.ScriptTarget.ES2024 : ts.ScriptTarget.ES2022,
  };
}

/** What cells are written in here. */
export const LANGUAGE: LanguageLevel = globalThis.layerbookLanguage ?? ofThisNode();
