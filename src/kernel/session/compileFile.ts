import { readFileSync } from "node:fs";
import { extname } from "node:path";
import ts from "typescript";
import { awaitsAtTop } from "./cellSyntax";
import { moduleSyntax } from "./cellTransform";
import { TARGET } from "./languageLevel";
import type { KnownSources } from "./knownSources";

const TYPESCRIPT = new Set([".ts", ".tsx", ".mts", ".cts"]);

/** A file of the project as CommonJS. */
export interface CompiledFile {
  readonly javascript: string;
  readonly hasTopLevelAwait: boolean;
  /** The modules that it requires by name. */
  readonly requests: readonly string[];
}

/**
 * Compiles a TypeScript or JavaScript file of the project, whichever kind of module it is.
 *
 * @param options the project's own compiler options
 * @param sources told of the file, for stacks
 */
export function compileFile(
  path: string,
  options: ts.CompilerOptions,
  sources: KnownSources,
): CompiledFile {
  const code = readFileSync(path, "utf8");
  const isTypeScript = TYPESCRIPT.has(extname(path));
  const isPlain = !isTypeScript && !/\b(?:import|export)\b/.test(code);
  if (isPlain) {
    sources.addFile(path, code, null);
    return { javascript: code, hasTopLevelAwait: false, requests: requestsIn(code) };
  }
  let hasTopLevelAwait = false;
  const { outputText, sourceMapText = null } = ts.transpileModule(code, {
    // TypeScript does not translate modules in these two.
    fileName: path.replace(/\.[mc](?=[jt]s$)/, "."),
    compilerOptions: {
      ...options,
      target: TARGET,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      allowJs: true,
      sourceMap: true,
      ...(isTypeScript ? { moduleDetection: ts.ModuleDetectionKind.Force } : {}),
    },
    transformers: {
      before: [
        (context) => (file) => {
          hasTopLevelAwait = awaitsAtTop(file);
          return moduleSyntax(context)(file);
        },
      ],
    },
  });
  sources.addFile(path, code, sourceMapText);
  return { javascript: outputText, hasTopLevelAwait, requests: requestsIn(outputText) };
}

/** The names that compiled code requires. */
export function requestsIn(javascript: string): string[] {
  return [...javascript.matchAll(/\brequire\("([^"]+)"\)/g)].flatMap(([, name]) => name ?? []);
}
