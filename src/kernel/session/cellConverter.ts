import ts from "typescript";
import { analyseCell } from "./cellSyntax";
import type { CellSyntax, NameKind } from "./cellSyntax";
import { CellProject } from "./cellProject";
import type { ProjectOptions } from "./cellProject";
import { afterEmit, beforeEmit } from "./cellTransform";
import { EditedText } from "./editedText";

/** "An argument for '{0}' was not provided.", which TypeScript adds to "Expected 2 arguments, but got 1." */
const MISSING_ARGUMENT = 6210;

/** A type or syntax error, with its place in the cell. */
export interface CellDiagnostic {
  /** `TS2322` */
  readonly code: string;
  readonly message: string;
  /** Offsets in the cell's code; `null` for an error in another file. */
  readonly span: { readonly start: number; readonly length: number } | null;
  /** For an error in another file, that file and the line. */
  readonly elsewhere: string | null;
}

/** A cell ready to run. */
export interface CompiledCell {
  /** CommonJS, to be wrapped in a function with parameters `exports`, `require` and the cell API. */
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
  /** The declaration file; `null` if one of its types cannot be expressed in one. */
  readonly declarations: string | null;
}

/**
 * A query about a text.
 *
 * @param toFile converts offsets in the text to offsets in the file
 */
export type Question<T> = (
  service: ts.LanguageService,
  path: string,
  toFile: (offset: number) => number,
) => T;

/** The newest declaration of a name. */
interface KnownName {
  readonly cell: string;
  readonly kind: NameKind;
}

/**
 * Diagnostics that are no errors in a cell: top-level await (1375, 1378, 1432; with `using` 2852 to
 * 2854), `import.meta` (1343, 1470), `with { type: "json" }` (1324, 2823).
 */
const ALLOWED = new Set([1324, 1343, 1375, 1378, 1432, 1470, 2823, 2852, 2853, 2854]);

/** Diagnostics for a module, or its types, that cannot be found. */
const MISSING_MODULE = new Set(["TS2307", "TS2792", "TS7016"]);

/** The prefix of the names of cell files. */
export const CELL_PREFIX = "__cell_";

/** The file of the current cell: always the same, so that the order of files does not change. */
const CURRENT = `${CELL_PREFIX}now`;
/** The same for a cell with JSX; TypeScript compiles no two files of one name. */
const CURRENT_JSX = `${CELL_PREFIX}jsx`;

/** Whether a module name is that of a cell, as compiled code of later cells requires it. */
export function isCellModule(name: string): boolean {
  return name.startsWith(`./${CELL_PREFIX}`);
}

/**
 * Turns cells into modules that import each other's names, checks them and compiles them.
 *
 * A cell is a file in the notebook's folder. Its declarations are exported; the names it uses from
 * earlier cells are imported on a line before its first. After it has run, its declaration file
 * replaces it, so that later checks do not need its code.
 */
export class CellConverter {
  readonly #project: CellProject;
  /** What each cell file adds to the types of other modules. */
  readonly #augmentations = new Map<string, ReadonlySet<string>>();
  readonly #names = new Map<string, KnownName>();
  /** The functions that the project's JSX compiles to. */
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
   * @returns all its errors, or the compiled cell
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
   * Makes a cell's names available to later ones.
   *
   * @param defined whether a value was defined: if the cell threw, only those before that point
   */
  commit(cell: CompiledCell, defined: (name: string) => boolean): void {
    const module = `${CELL_PREFIX}${++this.#serial}`;
    let isNeeded = cell.augmentations.size > 0;
    if (isNeeded) {
      // A cell that is run again replaces what its earlier run added.
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
   * Makes a module's exports available as if a cell had declared them.
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
   * Opens a text for a query, without checking or running it.
   *
   * @param isOffered which names of earlier cells to import besides those in the text; default
   *   none. Each costs TypeScript time.
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

  /** Sets the current cell's text. */
  #setCurrent({ isJsx }: CellSyntax, text: string): string {
    const path = this.#project.cellPath(isJsx ? `${CURRENT_JSX}.tsx` : `${CURRENT}.ts`);
    this.#project.setCell(path, text);
    return path;
  }

  /**
   * One line that imports what the cell uses from earlier ones.
   *
   * It lists every earlier cell that still owns a name, used or not: if the list of modules does not
   * change from one cell to the next, TypeScript does not have to check any other file.
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
        // An import cannot be assigned to. This can, and compiles to the session's variable.
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

  /** Drops cell files that no name and no other cell's declarations refer to. */
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

/** The user's own TypeScript and JavaScript files that a cell imports, directly or indirectly. */
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

/** A cell's names, including those it exports by `export * from`. */
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
  const message = [diagnostic.messageText, ...missingArguments(diagnostic)]
    .map((each) => ts.flattenDiagnosticMessageText(each, "\n"))
    .join(" ");
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

/** Which argument is missing, where TypeScript says it. */
function missingArguments({
  relatedInformation = [],
}: ts.Diagnostic): ts.Diagnostic["messageText"][] {
  return relatedInformation
    .filter(({ code }) => code === MISSING_ARGUMENT)
    .map(({ messageText }) => messageText);
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
  // If a type cannot be declared, later cells use the cell's own code instead.
  if (program.getDeclarationDiagnostics(file).length > 0) declarations = null;
  return { javascript, sourceMap, declarations };
}
