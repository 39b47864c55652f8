import ts from "typescript";

function has(owner: unknown, name: PropertyKey): boolean {
  return name in Object(owner);
}

/** Features that Node may have beyond ES2023, which every supported Node has. */
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

/** The language version of cells. */
export interface LanguageLevel {
  /** The library declarations that match the Node that runs the cells. */
  readonly libraries: readonly string[];
  /**
   * The syntax that this Node supports natively. TypeScript compiles newer syntax (`using`, decorators)
   * down to it.
   */
  readonly target: ts.ScriptTarget;
}

declare global {
  /** Set in the process that builds a start-up snapshot, where Node hides some of its features. */
  var layerbookLanguage: LanguageLevel | undefined;
}

function runtimeLevel(): LanguageLevel {
  const found = FEATURES.filter(([, isThere]) => isThere()).map(([lib]) => lib);
  return {
    libraries: ["es2023", ...found].map((lib) => `lib.${lib}.d.ts`),
    target: has(RegExp.prototype, "unicodeSets") ? ts.ScriptTarget.ES2024 : ts.ScriptTarget.ES2022,
  };
}

/** The language level of this process. */
export const LANGUAGE: LanguageLevel = globalThis.layerbookLanguage ?? runtimeLevel();
