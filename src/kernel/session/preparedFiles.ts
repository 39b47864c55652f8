import { readFileSync, statSync } from "node:fs";
import type ts from "typescript";

/** A declaration file in a start-up snapshot: parsed and bound. */
export interface PreparedFile {
  readonly file: ts.SourceFile;
  /** Its modification time when it was read. */
  readonly mtimeMs: number;
  readonly size: number;
  /** The resolution of each module name in it. */
  readonly resolutions: ReadonlyMap<string, ts.ResolvedModuleWithFailedLookupLocations>;
}

/** TypeScript's version string for prepared files, which never change. */
export const PREPARED_VERSION = "prepared";

/** The contents of a start-up snapshot. */
export interface Prepared {
  readonly files: ReadonlyMap<string, PreparedFile>;
  /** The syntax target they were parsed with. */
  readonly target: ts.ScriptTarget;
}

const KEY = Symbol.for("layerbook.prepared");

type Holder = { [KEY]?: Prepared | undefined };

/** Installs the contents of a snapshot; `undefined` removes them. */
export function setPrepared(prepared: Prepared | undefined): void {
  for (const { file } of prepared?.files.values() ?? []) {
    // TypeScript compares this with the version reported for the file and rebuilds its program on every
    // query if they differ. It is not part of the public type.
    (file as ts.SourceFile & { version: string }).version = PREPARED_VERSION;
  }
  (globalThis as Holder)[KEY] = prepared;
}

/** The prepared files that still match the files on disk; none without a snapshot. */
export function preparedFiles(target: ts.ScriptTarget): ReadonlyMap<string, PreparedFile> {
  const prepared = (globalThis as Holder)[KEY];
  if (prepared === undefined || prepared.target !== target) return new Map();
  return new Map([...prepared.files].filter(([path, file]) => isUnchanged(path, file)));
}

function isUnchanged(path: string, { file, mtimeMs, size }: PreparedFile): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.size !== size) return false;
  // A reinstallation writes identical files with new times.
  return found.mtimeMs === mtimeMs || readFileSync(path, "utf8") === file.text;
}
