// @ts-check
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { libraries } from "./entries.mjs";

/**
 * Declarations, a file for each source file below dist/types, and one for each entry point. Those
 * of the ES modules name the same types as those of CommonJS, so a program may mix both.
 *
 * @param {string} root
 * @param {string} out
 * @throws Error with the compiler's own words
 */
export function compileDeclarations(root, out) {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), (file) =>
    fs.readFileSync(file, "utf8"),
  );
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // Types that we state for packages without any.
  const ambient = fileNames.filter((file) => file.endsWith(".d.ts"));
  const program = ts.createProgram(
    [...ambient, ...Object.values(libraries).map((file) => path.join(root, file))],
    {
      ...options,
      types: ["node"],
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: path.join(root, "src"),
      outDir: path.join(out, "types"),
      allowJs: false,
      incremental: false,
      tsBuildInfoFile: undefined,
    },
  );
  const { diagnostics } = program.emit();
  const errors = [...program.getSemanticDiagnostics(), ...diagnostics];
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, formatHost(root)));
  for (const [name, source] of Object.entries(libraries)) {
    const types = source.replace(/^src/, "./types").replace(/\.ts$/, "");
    fs.writeFileSync(path.join(out, `${name}.d.ts`), `export * from "${types}";\n`);
    fs.writeFileSync(path.join(out, `${name}.d.mts`), `export * from "./${name}.js";\n`);
  }
}

/**
 * @param {string} root
 * @returns {ts.FormatDiagnosticsHost}
 */
function formatHost(root) {
  return {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => "\n",
  };
}
