import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** The options of a `tsconfig.json` that apply to cells. */
const HONOURED = new Set([
  ...["allowUmdGlobalAccess", "allowSyntheticDefaultImports", "baseUrl", "customConditions"],
  ...["emitDecoratorMetadata", "exactOptionalPropertyTypes", "experimentalDecorators"],
  ...[
    "jsx",
    "jsxFactory",
    "jsxFragmentFactory",
    "jsxImportSource",
    "lib",
    "noFallthroughCasesInSwitch",
  ],
  ...["noImplicitAny", "noImplicitOverride", "noImplicitReturns", "noImplicitThis"],
  ...["noPropertyAccessFromIndexSignature", "noUncheckedIndexedAccess", "paths", "pathsBasePath"],
  ...["strict", "strictBindCallApply", "strictBuiltinIteratorReturn", "strictFunctionTypes"],
  ...["strictNullChecks", "strictPropertyInitialization", "types", "useDefineForClassFields"],
  ...["useUnknownInCatchVariables"],
]);

/** Options that cells cannot follow, if they have such a value. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  esModuleInterop: (value) => value === false,
  importHelpers: (value) => value === true,
  jsx: (value) => value === ts.JsxEmit.Preserve || value === ts.JsxEmit.ReactNative,
  module: (value) =>
    [ts.ModuleKind.AMD, ts.ModuleKind.UMD, ts.ModuleKind.System].includes(value as ts.ModuleKind),
  moduleResolution: (value) => value === ts.ModuleResolutionKind.Classic,
  moduleSuffixes: () => true,
  noLib: (value) => value === true,
  noResolve: (value) => value === true,
  plugins: () => true,
  preserveSymlinks: (value) => value === true,
  resolveJsonModule: (value) => value === false,
  rootDirs: () => true,
  target: (value) => (value as ts.ScriptTarget) < ts.ScriptTarget.ES2022,
  verbatimModuleSyntax: (value) => value === true,
};

/** The effect of a `tsconfig.json` on cells. */
export interface ProjectConfig {
  readonly options: ts.CompilerOptions;
  /** The settings that cells do not follow; `null` if none. */
  readonly notice: string | null;
  /** The file that `paths` or `baseUrl` map a module name to, or `null`. */
  readonly resolveAlias: (name: string) => string | null;
}

const NONE: ProjectConfig = { options: {}, notice: null, resolveAlias: () => null };

/**
 * Reads the `tsconfig.json` in or above the notebook's folder, including what it extends.
 *
 * @param cwd the notebook's folder
 */
export function readProjectConfig(cwd: string): ProjectConfig {
  const file = ts.findConfigFile(cwd, (path) => ts.sys.fileExists(path));
  if (file === undefined) return NONE;
  const name = relative(cwd, file);
  const read = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
  const { error } = read;
  if (error !== undefined) return { ...NONE, notice: `${name} cannot be read: ${textOf(error)}\n` };
  const parsed = ts.parseJsonConfigFileContent(
    read.config as unknown,
    // The project's list of files is not needed, and finding them takes time.
    { ...ts.sys, readDirectory: () => [] },
    dirname(file),
  );
  const { options } = parsed;
  const taken = Object.fromEntries(Object.entries(options).filter(([key]) => HONOURED.has(key)));
  const refused = Object.keys(REFUSED).filter(
    (key) => key in options && REFUSED[key]?.(options[key]) === true,
  );
  if (refused.includes("jsx")) taken["jsx"] = ts.JsxEmit.ReactJSX;
  // 18002 and 18003: no files listed or found.
  const errors = parsed.errors.filter(({ code }) => code !== 18002 && code !== 18003).map(textOf);
  const notes = [
    ...errors,
    ...(refused.length === 0 ? [] : [`cells do not follow its ${refused.join(", ")}`]),
  ];
  return {
    options: taken,
    notice: notes.length === 0 ? null : `${name}: ${notes.join("; ")}\n`,
    resolveAlias: aliasResolver(taken, file),
  };
}

function textOf({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, " ");
}

function aliasResolver(taken: ts.CompilerOptions, file: string): (name: string) => string | null {
  if (taken.paths === undefined && taken.baseUrl === undefined) return () => null;
  const options: ts.CompilerOptions = {
    ...taken,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowJs: true,
    resolveJsonModule: true,
  };
  const patterns = Object.keys(taken.paths ?? {});
  return (name) => {
    // Most names are packages: look for a file only if a pattern could match.
    const isPattern = patterns.some((pattern) => name.startsWith(pattern.split("*")[0] ?? ""));
    if (!isPattern && taken.baseUrl === undefined) return null;
    const { resolvedModule } = ts.resolveModuleName(
      name,
      join(dirname(file), "cell.ts"),
      options,
      ts.sys,
    );
    if (resolvedModule === undefined || resolvedModule.isExternalLibraryImport === true)
      return null;
    const { resolvedFileName } = resolvedModule;
    // Declaration files lie beside the files they declare.
    return resolvedFileName.replace(/\.d\.([cm]?)ts$/, ".$1js");
  };
}
