import ts from "typescript";
import { analyseCell } from "./cellSyntax";
import type { CellSyntax, NameKind } from "./cellSyntax";
import { CellProject } from "./cellProject";
import type { ProjectOptions } from "./cellProject";
import { afterEmit, beforeEmit } from "./cellTransform";
import { EditedText } from "./editedText";

/** A type or syntax error, at its place in the cell. */
export interface CellDiagnostic {
  /** `TS2322` */
  readonly code: string;
  readonly message: string;
  /** Offsets in the cell's code; `null` for an error in another file. */
  readonly span: { readonly start: number; readonly length: number } | null;
  /** The other file and its line, where it is one. */
  readonly elsewhere: string | null;
}

/** A cell ready to run. */
export interface CompiledCell {
  /** CommonJS, to be wrapped in a function of `exports`, `require` and the cell API. */
  readonly javascript: string;
  /** From `javascript` to `edited`. */
  readonly sourceMap: string;
  /** The cell as the compiler saw it. */
  readonly edited: EditedText;
  readonly hasTopLevelAwait: boolean;
  readonly isJsx: boolean;
  readonly declared: ReadonlyMap<string, NameKind>;
  /** See {@link CellSyntax}. */
  readonly augmentations: ReadonlySet<string>;
  /** The declaration file; `null` where a type in it cannot be written down. */
  readonly declarations: string | null;
}

/**
 * A question about a text.
 *
 * @param toFile turns the text's offsets into those of the file
 */
export type Question<T> = (
  service: ts.LanguageService,
  path: string,
  toFile: (offset: number) => number,
) => T;

/** Where the newest declaration of a name stands. */
interface KnownName {
  readonly cell: string;
  readonly kind: NameKind;
}

/**
 * Not errors in a cell: await at the top (1375, 1378, 1432; with `using` 2852 to 2854),
 * `import.meta` (1343, 1470), `with { type: "json" }` (1324, 2823).
 */
const ALLOWED = new Set([1324, 1343, 1375, 1378, 1432, 1470, 2823, 2852, 2853, 2854]);

/** Cannot find a module, or its types. */
const MISSING_MODULE = new Set(["TS2307", "TS2792", "TS7016"]);

/** How the names of cell files begin. */
export const CELL_PREFIX = "__cell_";

/** The file of the cell at hand: always one, so that its place among the files stays. */
const CURRENT = `${CELL_PREFIX}now`;
/** The same for a cell with JSX; TypeScript compiles no two files of one name. */
const CURRENT_JSX = `${CELL_PREFIX}jsx`;

/** Whether a module name is a cell's, as the compiled code of later cells requires it. */
export function isCellModule(name: string): boolean {
  return name.startsWith(`./${CELL_PREFIX}`);
}

/**
 * Turns cells into modules that import each other's names, checks and compiles them.
 *
 * A cell is a file beside the notebook. Its declarations are exported, the names that it uses of
 * earlier cells imported on a line before its first; once it has run, its declaration file takes
 * its place, so that later checks need not look into its code.
 */
export class CellConverter {
  readonly #project: CellProject;
  /** What cells add to types of other modules: by the cell's file. */
  readonly #augmentations = new Map<string, ReadonlySet<string>>();
  readonly #names = new Map<string, KnownName>();
  /** What the project's JSX calls. */
  readonly #jsxNames: ReadonlySet<string>;
  #serial = 0;

  constructor(options: ProjectOptions) {
    this.#project = new CellProject(options);
    const { jsxFactory = "", jsxFragmentFactory = "" } = options.projectOptions ?? {};
    this.#jsxNames = new Set(
      [jsxFactory, jsxFragmentFactory].map((name) => name.split(".")[0] ?? ""),
    );
  }

  get strict(): boolean {
    return this.#project.strict;
  }

  set strict(strict: boolean) {
    this.#project.strict = strict;
  }

  /**
   * Checks and compiles a cell.
   *
   * @returns every error in it, or the compiled cell
   */
  convert(code: string): readonly CellDiagnostic[] | CompiledCell {
    const syntax = analyseCell(code);
    const preamble = this.#preamble(syntax);
    const edited = new EditedText(code, [{ at: 0, text: preamble }, ...syntax.insertions]);
    const path = this.#setCurrent(syntax, edited.text);
    const program = this.#project.program();
    const file = program.getSourceFile(path);
    if (file === undefined) throw new Error(`${path} is not in its own program`);
    const diagnostics = this.#diagnose(program, file, edited);
    if (diagnostics.length > 0) {
      if (diagnostics.some(({ code }) => MISSING_MODULE.has(code))) {
        this.#project.forgetResolutions();
      }
      return diagnostics;
    }
    const output = emit(program, file);
    return {
      ...output,
      edited,
      hasTopLevelAwait: syntax.hasTopLevelAwait,
      isJsx: syntax.isJsx,
      declared: syntax.exportsAll ? withExports(program, file, syntax.declared) : syntax.declared,
      augmentations: syntax.augmentations,
    };
  }

  /**
   * Makes a cell's names known to later ones.
   *
   * @param defined which of its values came to be: all of them, or those before it threw
   */
  commit(cell: CompiledCell, defined: (name: string) => boolean): void {
    const module = `${CELL_PREFIX}${++this.#serial}`;
    let isNeeded = cell.augmentations.size > 0;
    if (isNeeded) {
      // A cell that is run again replaces what it had added.
      for (const [earlier, keys] of this.#augmentations) {
        if ([...keys].some((key) => cell.augmentations.has(key))) {
          this.#augmentations.delete(earlier);
        }
      }
      this.#augmentations.set(module, cell.augmentations);
    }
    for (const [name, kind] of cell.declared) {
      if (kind !== "type" && !defined(name)) continue;
      this.#names.set(name, { cell: module, kind });
      isNeeded = true;
    }
    if (!isNeeded) return;
    const { declarations, edited } = cell;
    const extension = declarations !== null ? "d.ts" : cell.isJsx ? "tsx" : "ts";
    this.#project.setCell(
      this.#project.cellPath(`${module}.${extension}`),
      declarations ?? edited.text,
    );
    this.#forgetUnused();
  }

  /**
   * Makes a module's exports known as if a cell had declared them.
   *
   * @param source the module's declarations
   * @returns the names of its values
   */
  provide(source: string): string[] {
    const module = `${CELL_PREFIX}${++this.#serial}`;
    const path = this.#project.cellPath(`${module}.d.ts`);
    this.#project.setCell(path, source);
    const program = this.#project.program();
    const checker = program.getTypeChecker();
    const file = program.getSourceFile(path);
    const symbol = file && checker.getSymbolAtLocation(file);
    const values: string[] = [];
    for (const exported of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      const kind = kindOf(checker, exported);
      this.#names.set(exported.name, { cell: module, kind });
      if (kind !== "type") values.push(exported.name);
    }
    return values;
  }

  /**
   * Opens a text for questions at a place in it, without checking or running it.
   *
   * @param isOffered which names of earlier cells must be known beside those in the text; default
   *   none. Each takes TypeScript time.
   */
  query<T>(code: string, ask: Question<T>, isOffered: (name: string) => boolean = () => false): T {
    const syntax = analyseCell(code);
    const offered = [...this.#names.keys()].filter(isOffered);
    const mentioned = new Set([...syntax.mentioned, ...offered]);
    const preamble = this.#preamble({ ...syntax, mentioned });
    const path = this.#setCurrent(syntax, preamble + code);
    const shift = preamble.length;
    return ask(this.#project.service, path, (offset) => offset + shift);
  }

  /** Puts the cell at hand in. */
  #setCurrent({ isJsx }: CellSyntax, text: string): string {
    const path = this.#project.cellPath(isJsx ? `${CURRENT_JSX}.tsx` : `${CURRENT}.ts`);
    this.#project.setCell(path, text);
    return path;
  }

  /**
   * One line that imports what the cell uses of earlier ones.
   *
   * It names every earlier cell that still has a name, used or not: where one cell's list of
   * modules equals the last one's, TypeScript need not look at any other file.
   */
  #preamble({ mentioned, declared, pragmas, isJsx }: CellSyntax): string {
    const usesOf = isJsx ? this.#jsxNames : new Set<string>();
    const imports = new Map<string, string[]>();
    const variables: string[] = [];
    for (const [name, { cell, kind }] of this.#names) {
      const used = imports.get(cell) ?? [];
      imports.set(cell, used);
      if (declared.has(name) || !(mentioned.has(name) || usesOf.has(name))) continue;
      if (kind === "variable") {
        // An import cannot be assigned to; this can, and compiles to the session's own.
        used.push(`${name} as ${CELL_PREFIX}${name}`);
        variables.push(`export declare let ${name}: typeof ${CELL_PREFIX}${name};`);
      } else {
        used.push(name);
      }
    }
    const lines = [...imports]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([cell, names]) => `import { ${names.join(", ")} } from "./${cell}";`);
    return `${pragmas}${[...lines, ...variables].join(" ")}\n`;
  }

  #diagnose(program: ts.Program, file: ts.SourceFile, edited: EditedText): CellDiagnostic[] {
    const syntactic = program.getSyntacticDiagnostics(file);
    const found =
      syntactic.length > 0
        ? syntactic
        : [file, ...localImports(program, file)].flatMap((each) => [
            ...program.getSyntacticDiagnostics(each),
            ...program.getSemanticDiagnostics(each),
          ]);
    return found
      .filter(
        ({ code, category }) => category === ts.DiagnosticCategory.Error && !ALLOWED.has(code),
      )
      .map((diagnostic) => toCellDiagnostic(diagnostic, file, edited));
  }

  /** Drops the files of cells that no name and no other cell's declarations lead to. */
  #forgetUnused(): void {
    this.#project.keepReachable(
      new Set(
        [
          CURRENT,
          CURRENT_JSX,
          ...this.#augmentations.keys(),
          ...[...this.#names.values()].map(({ cell }) => cell),
        ].map((name) => this.#project.cellPath(name)),
      ),
      new RegExp(`"\\./(${CELL_PREFIX}\\d+)"`, "g"),
    );
  }
}

/** The TypeScript and JavaScript files of the user's own that a cell leads to. */
function localImports(program: ts.Program, cell: ts.SourceFile): ts.SourceFile[] {
  const seen = new Set<ts.SourceFile>([cell]);
  const found: ts.SourceFile[] = [];
  const pending = [cell];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const { imports } = file as unknown as { readonly imports?: readonly ts.StringLiteralLike[] };
    for (const name of imports ?? []) {
      if (!name.text.startsWith(".") || isCellModule(name.text)) continue;
      const resolved = ts.resolveModuleName(
        name.text,
        file.fileName,
        program.getCompilerOptions(),
        ts.sys,
      ).resolvedModule;
      const target = resolved && program.getSourceFile(resolved.resolvedFileName);
      if (!target || seen.has(target)) continue;
      seen.add(target);
      if (target.isDeclarationFile || target.fileName.endsWith(".json")) continue;
      found.push(target);
      pending.push(target);
    }
  }
  return found;
}

/** A cell's names and what it exports by `export * from`. */
function withExports(
  program: ts.Program,
  file: ts.SourceFile,
  declared: ReadonlyMap<string, NameKind>,
): ReadonlyMap<string, NameKind> {
  const all = new Map(declared);
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(file);
  for (const exported of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
    if (exported.name !== "default" && !all.has(exported.name)) {
      all.set(exported.name, kindOf(checker, exported));
    }
  }
  return all;
}

function kindOf(checker: ts.TypeChecker, symbol: ts.Symbol): NameKind {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return (flags & ts.SymbolFlags.Value) !== 0 ? "value" : "type";
}

function toCellDiagnostic(
  diagnostic: ts.Diagnostic,
  file: ts.SourceFile,
  edited: EditedText,
): CellDiagnostic {
  const { code, file: where, start, length = 0 } = diagnostic;
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  if (where === file && start !== undefined) {
    const from = edited.toOriginal(start);
    const to = edited.toOriginal(start + length);
    return {
      code: `TS${code}`,
      message,
      span: { start: from, length: Math.max(0, to - from) },
      elsewhere: null,
    };
  }
  const place =
    where === undefined
      ? null
      : `${where.fileName}:${where.getLineAndCharacterOfPosition(start ?? 0).line + 1}`;
  return { code: `TS${code}`, message, span: null, elsewhere: place };
}

function emit(
  program: ts.Program,
  file: ts.SourceFile,
): Pick<CompiledCell, "javascript" | "sourceMap" | "declarations"> {
  let javascript = "";
  let sourceMap = "";
  let declarations: string | null = null;
  program.emit(
    file,
    (name, text) => {
      if (name.endsWith(".map")) sourceMap = text;
      else if (name.endsWith(".d.ts")) declarations = text;
      else javascript = text;
    },
    undefined,
    false,
    { before: [beforeEmit], after: [afterEmit] },
  );
  // A type that cannot be written down: the cell's own code serves later cells instead.
  if (program.getDeclarationDiagnostics(file).length > 0) declarations = null;
  return { javascript, sourceMap, declarations };
}
