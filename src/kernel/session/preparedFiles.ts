import { readFileSync, statSync } from "node:fs";
import type ts from "typescript";

/** A declaration file as a start-up snapshot holds it: parsed and bound. */
export interface PreparedFile {
  readonly file: ts.SourceFile;
  /** What its file on disk was when it was read. */
  readonly mtimeMs: number;
  readonly size: number;
  /** What each module's name in it means. */
  readonly resolutions: ReadonlyMap<string, ts.ResolvedModuleWithFailedLookupLocations>;
}

/** The version under which TypeScript knows prepared files; such a file never changes. */
export const PREPARED_VERSION = "prepared";

/** What a start-up snapshot brings along. */
export interface Prepared {
  readonly files: ReadonlyMap<string, PreparedFile>;
  /** The syntax that they were parsed as. */
  readonly target: ts.ScriptTarget;
}

const KEY = Symbol.for("layerbook.prepared");

type Holder = { [KEY]?: Prepared | undefined };

/** Puts what a snapshot brings along in its place; `undefined` takes it away. */
export function setPrepared(prepared: Prepared | undefined): void {
  for (const { file } of prepared?.files.values() ?? []) {
    // TypeScript compares this with the version that it is told, and rebuilds its program at every
    // question where they differ. It is no part of the public type.
    (file as ts.SourceFile & { version: string }).version = PREPARED_VERSION;
  }
  (globalThis as Holder)[KEY] = prepared;
}

/** The prepared files that still are what is on disk; none without a snapshot. */
export function preparedFiles(target: ts.ScriptTarget): ReadonlyMap<string, PreparedFile> {
  const prepared = (globalThis as Holder)[KEY];
  if (prepared === undefined || prepared.target !== target) return new Map();
  return new Map([...prepared.files].filter(([path, file]) => isUnchanged(path, file)));
}

function isUnchanged(path: string, { file, mtimeMs, size }: PreparedFile): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.size !== size) return false;
  // A new installation writes the same files again.
  return found.mtimeMs === mtimeMs || readFileSync(path, "utf8") === file.text;
}
