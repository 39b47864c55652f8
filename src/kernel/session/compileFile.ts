import { readFileSync } from "node:fs";
import { extname } from "node:path";
import ts from "typescript";
import { awaitsAtTop } from "./cellSyntax";
import { projectFileSyntax } from "./cellTransform";
import { LANGUAGE } from "./languageLevel";

const TYPESCRIPT = new Set([".ts", ".tsx", ".mts", ".cts"]);

/** A project file compiled to CommonJS. */
export interface CompiledFile {
  readonly code: string;
  readonly javascript: string;
  /** From `javascript` to `code`; `null` if they are the same. */
  readonly sourceMap: string | null;
  readonly hasTopLevelAwait: boolean;
  /** The modules it requires. */
  readonly requests: readonly string[];
}

/**
 * Compiles a TypeScript or JavaScript file of the project, whatever its module format.
 *
 * @param options the project's own compiler options
 */
export function compileFile(path: string, options: ts.CompilerOptions): CompiledFile {
  const code = readFileSync(path, "utf8");
  const isTypeScript = TYPESCRIPT.has(extname(path));
  // Nothing in it that the compiler would have to change.
  const isPlain = !isTypeScript && !/\b(?:import|export|await|catch)\b/.test(code);
  if (isPlain) {
    const requests = requestsIn(code);
    return { code, javascript: code, sourceMap: null, hasTopLevelAwait: false, requests };
  }
  let hasTopLevelAwait = false;
  const { outputText: javascript, sourceMapText: sourceMap = null } = ts.transpileModule(code, {
    // TypeScript does not convert the modules of `.mts` and `.cts` files.
    fileName: path.replace(/\.[mc](?=[jt]s$)/, "."),
    compilerOptions: {
      ...options,
      target: LANGUAGE.target,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      allowJs: true,
      sourceMap: true,
      // A script that was not strict must not become so.
      ...(isTypeScript
        ? { moduleDetection: ts.ModuleDetectionKind.Force }
        : { alwaysStrict: false }),
    },
    transformers: {
      before: [
        (context) => (file) => {
          hasTopLevelAwait = awaitsAtTop(file);
          return projectFileSyntax(context)(file);
        },
      ],
    },
  });
  return { code, javascript, sourceMap, hasTopLevelAwait, requests: requestsIn(javascript) };
}

/** The modules that compiled code requires. */
export function requestsIn(javascript: string): string[] {
  return [...javascript.matchAll(/\brequire\("([^"]+)"\)/g)].flatMap(([, name]) => name ?? []);
}
