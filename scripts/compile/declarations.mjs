// @ts-check
import fs from "node:fs";
import path from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import ts from "typescript";
import { libraries } from "./entries.mjs";
import { inferredTypes } from "./inferredTypes.mjs";

/** Packages whose types occur in our declarations; a project that imports us may not have them. */
const inlined = ["arquero", "@uwdata/flechette"];

/**
 * Declarations: one file per entry point, and files shared by several. Each contains only what the
 * public names need. The ES modules' declarations refer to the same types as those of CommonJS, so a
 * program may mix both.
 *
 * @param {string} root
 * @param {string} out
 * @throws Error with the compiler's messages
 */
export async function compileDeclarations(root, out) {
  const folder = path.join(out, "types");
  emitDeclarations(root, folder);
  const bundle = await rollup({
    input: Object.fromEntries(
      Object.entries(libraries).map(([name, source]) => [
        name,
        path.join(folder, source.replace(/^src\//, "").replace(/\.ts$/, ".d.ts")),
      ]),
    ),
    external: (name) => !/^[./]/.test(name) && !inlined.includes(name),
    plugins: [
      dts({ includeExternal: inlined }),
      { name: "plain-arrays", renderChunk: plainArrays },
    ],
    // Warns of a type that should be exported; test/setup/declarations.test.ts names it.
    onwarn: ({ message }) => console.warn(message),
  });
  await bundle.write({
    dir: out,
    entryFileNames: "[name].d.ts",
    chunkFileNames: ({ name }) => `shared/${name.replace(/\.d$/, "")}.d.ts`,
  });
  await bundle.close();
  fs.rmSync(folder, { recursive: true });
  for (const name of Object.keys(libraries)) {
    fs.writeFileSync(path.join(out, `${name}.d.mts`), `export * from "./${name}.js";\n`);
  }
}

/**
 * Removes the type argument of typed arrays, which TypeScript before 5.7 does not know.
 *
 * @param {string} code
 */
function plainArrays(code) {
  return code.replaceAll(/\b(\w+Array)<ArrayBuffer(?:Like)?>/g, "$1");
}

/**
 * A declaration file for each source file.
 *
 * @param {string} root
 * @param {string} folder
 */
function emitDeclarations(root, folder) {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), (file) =>
    fs.readFileSync(file, "utf8"),
  );
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // Types that we declare for packages without any.
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
      outDir: folder,
      allowJs: false,
      incremental: false,
      tsBuildInfoFile: undefined,
    },
  );
  const checker = program.getTypeChecker();
  // Before emitting, which adds nodes without text to the tree.
  const inferred = new Map(
    program.getSourceFiles().map((source) => [source.fileName, inferredTypes(checker, source)]),
  );
  const { diagnostics } = program.emit(undefined, (file, text, _mark, _onError, sources) => {
    let declared = text;
    for (const { fileName } of sources ?? []) {
      for (const [written, meant] of inferred.get(fileName) ?? []) {
        declared = declared.replaceAll(written, meant);
      }
    }
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, declared);
  });
  const errors = [...program.getSemanticDiagnostics(), ...diagnostics];
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, formatHost(root)));
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
