// dist/kernelSnapshot.js: the contents of a start-up snapshot. It runs in the process that builds
// one; the main function that it registers runs first in each process started from it.
import { statSync } from "node:fs";
import { Module, createRequire, isBuiltin } from "node:module";
import { startupSnapshot } from "node:v8";
import ts from "typescript";
import { CELL_PREFIX, CellConverter } from "../session/cellConverter";
import { LANGUAGE } from "../session/languageLevel";
import { setPrepared } from "../session/preparedFiles";
import type { PreparedFile } from "../session/preparedFiles";
import { TOOLKIT_SOURCE } from "../session/toolkit";

declare global {
  /** Set by {@link buildSnapshot}. */
  var layerbookSnapshot: { readonly packageRoot: string; readonly typescript: string } | undefined;
}

/** Cells that make TypeScript compute what a notebook's first cells need. */
const SAMPLES = [
  "1 + 1",
  "const a: number[] = [1, 2, 3]; console.log(a.map((x) => x * 2));",
  "const f = async (x: string): Promise<number> => x.length; await f('a')",
  "class A { constructor(readonly x = 1) {} } new A().x",
];

/** Parses, binds and checks what every notebook loads first. */
function prepareFiles(packageRoot: string): ReadonlyMap<string, PreparedFile> {
  const converter = new CellConverter({
    ...{ cwd: packageRoot, fallbackRoot: packageRoot, strict: false },
  });
  converter.provide(TOOLKIT_SOURCE);
  for (const sample of SAMPLES) {
    const cell = converter.convert(sample);
    if (!("javascript" in cell)) throw new Error(JSON.stringify(cell));
    converter.commit(cell, () => true);
  }
  return converter.query("", (service) => {
    const program = service.getProgram();
    const files = program?.getSourceFiles().filter(({ fileName }) => !isCell(fileName)) ?? [];
    return new Map(files.map((file) => [file.fileName, preparedFile(program, file)]));
  });
}

function isCell(fileName: string): boolean {
  return fileName.includes(`/${CELL_PREFIX}`);
}

function preparedFile(program: ts.Program | undefined, file: ts.SourceFile): PreparedFile {
  const { mtimeMs, size } = statSync(file.fileName);
  const resolutions = new Map<string, ts.ResolvedModuleWithFailedLookupLocations>();
  // Outside TypeScript's public types, like the list of a file's imports.
  const inner = program as unknown as {
    forEachResolvedModule?(
      each: (
        resolution: ts.ResolvedModuleWithFailedLookupLocations,
        name: string,
        mode: unknown,
        path: string,
      ) => void,
      file: ts.SourceFile,
    ): void;
  };
  inner.forEachResolvedModule?.((resolution, name) => {
    // A package that is missing may be installed later.
    if (resolution.resolvedModule !== undefined || isBuiltin(name))
      resolutions.set(name, resolution);
  }, file);
  return { file, mtimeMs, size, resolutions };
}

/** Starts a session process: its script runs as usual, but TypeScript is already loaded. */
function startSession(typescript: string): void {
  const [, script = ""] = process.argv;
  // A child forked by a cell would inherit these arguments, but is not a session.
  const at = process.execArgv.indexOf("--snapshot-blob");
  if (at >= 0) process.execArgv.splice(at, 2);
  const require = createRequire(script);
  if (resolved(require, "typescript") === typescript) provideTypescript(require, typescript);
  // Files parsed by another copy of TypeScript cannot be used.
  else setPrepared(undefined);
  require(script);
}

function resolved(require: NodeJS.Require, name: string): string | null {
  try {
    return require.resolve(name);
  } catch {
    return null;
  }
}

function provideTypescript(require: NodeJS.Require, typescript: string): void {
  const module = new Module(typescript);
  module.exports = ts;
  module.filename = typescript;
  module.paths = require.resolve.paths("typescript") ?? [];
  module.loaded = true;
  require.cache[typescript] = module;
}

if (globalThis.layerbookSnapshot !== undefined) {
  const { packageRoot, typescript } = globalThis.layerbookSnapshot;
  delete globalThis.layerbookSnapshot;
  // Otherwise TypeScript would use the folder where the snapshot was built.
  ts.sys.getCurrentDirectory = () => process.cwd();
  setPrepared({ files: prepareFiles(packageRoot), target: LANGUAGE.target });
  startupSnapshot.setDeserializeMainFunction(startSession, typescript);
}
