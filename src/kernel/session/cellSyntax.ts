import ts from "typescript";
import type { Insertion } from "./editedText";

/** How a name may be used by later cells. */
export type NameKind =
  /** `let` and `var`: later cells may assign to it. */
  | "variable"
  /** A value that stays: const, function, class, enum, import. */
  | "value"
  /** A type that leaves no trace at run time. */
  | "type";

/** What a cell's text alone tells. */
export interface CellSyntax {
  /** The names that it declares at its top. */
  readonly declared: ReadonlyMap<string, NameKind>;
  /** Every identifier in it: what it may use of earlier cells. */
  readonly mentioned: ReadonlySet<string>;
  /** What makes its declarations visible to later cells. */
  readonly insertions: readonly Insertion[];
  readonly hasTopLevelAwait: boolean;
}

const LANGUAGE = ts.ScriptTarget.ES2022;

/** Parses a cell as the module that it will be. */
export function parseCell(code: string): ts.SourceFile {
  return ts.createSourceFile(
    "cell.ts",
    // Only in a module is `await (x)` at the top an await.
    `${code}\nexport {};`,
    LANGUAGE,
    /* setParentNodes */ true,
    ts.ScriptKind.TS,
  );
}

function bindingNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : bindingNames(element.name),
  );
}

function isUsing(list: ts.VariableDeclarationList): boolean {
  return (list.flags & ts.NodeFlags.Using) !== 0;
}

function importedNames(clause: ts.ImportClause): string[] {
  const { name, namedBindings } = clause;
  const bindings =
    namedBindings === undefined
      ? []
      : ts.isNamespaceImport(namedBindings)
        ? [namedBindings.name.text]
        : namedBindings.elements.map((element) => element.name.text);
  return name === undefined ? bindings : [name.text, ...bindings];
}

/** `var`s inside blocks, which JavaScript hoists to the cell's top. */
function hoistedNames(statement: ts.Statement): string[] {
  const names: string[] = [];
  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) {
      for (const { name } of node.declarations) names.push(...bindingNames(name));
    }
    ts.forEachChild(node, visit);
  }
  ts.forEachChild(statement, visit);
  return names;
}

function hasExport(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  );
}

/** Whether an `await` stands outside every function. */
function awaitsAtTop(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return true;
  if (
    ts.isVariableDeclarationList(node) &&
    isUsing(node) &&
    // `await using` has the bit of `const` beside its own.
    (node.flags & ts.NodeFlags.Const) !== 0
  ) {
    return true;
  }
  return ts.forEachChild(node, (child) => awaitsAtTop(child) || undefined) ?? false;
}

function declaredBy(statement: ts.Statement): [string, NameKind][] {
  if (ts.isVariableStatement(statement)) {
    const { declarationList } = statement;
    if (isUsing(declarationList)) return [];
    const kind = (declarationList.flags & ts.NodeFlags.Const) !== 0 ? "value" : "variable";
    return declarationList.declarations
      .flatMap(({ name }) => bindingNames(name))
      .map((name) => [name, kind]);
  }
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    return [[statement.name.text, "type"]];
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    return statement.name === undefined ? [] : [[statement.name.text, "value"]];
  }
  if (ts.isModuleDeclaration(statement)) {
    return ts.isIdentifier(statement.name) ? [[statement.name.text, "value"]] : [];
  }
  return [];
}

/** Reads what a cell declares and uses. */
export function analyseCell(code: string): CellSyntax {
  const file = parseCell(code);
  const declared = new Map<string, NameKind>();
  const insertions: Insertion[] = [];
  const exportedAtEnd = new Set<string>();
  const declare = (name: string, kind: NameKind): void => {
    // A class and an interface of one name are one value.
    if (kind !== "type" || !declared.has(name)) declared.set(name, kind);
  };
  for (const statement of file.statements) {
    const names = declaredBy(statement);
    for (const [name, kind] of names) declare(name, kind);
    if (ts.isImportDeclaration(statement)) {
      for (const name of statement.importClause ? importedNames(statement.importClause) : []) {
        declare(name, "value");
        exportedAtEnd.add(name);
      }
    } else if (names.length > 0 && !hasExport(statement)) {
      insertions.push({ at: statement.getStart(file), text: "export " });
    }
    if (!ts.isVariableStatement(statement)) {
      for (const name of hoistedNames(statement)) {
        declare(name, "variable");
        exportedAtEnd.add(name);
      }
    }
  }
  if (exportedAtEnd.size > 0) {
    insertions.push({ at: code.length, text: `\nexport { ${[...exportedAtEnd].join(", ")} };` });
  }
  const mentioned = new Set<string>();
  (function visit(node: ts.Node): void {
    if (ts.isIdentifier(node)) mentioned.add(node.text);
    ts.forEachChild(node, visit);
  })(file);
  return { declared, mentioned, insertions, hasTopLevelAwait: awaitsAtTop(file) };
}

function parseErrors(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  // TypeScript keeps them on the file, outside its public types.
  return (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] })
    .parseDiagnostics;
}

/** Unterminated comment, template and regular expression: reported where they begin. */
const UNTERMINATED = new Set([1010, 1160, 1161]);

/** Whether a frontend should run a text on Enter, as `is_complete_request` asks. */
export function judgeCell(code: string): {
  readonly status: "complete" | "incomplete" | "invalid";
  readonly indent: string;
} {
  const [first] = parseErrors(parseCell(code));
  if (first === undefined) return { status: "complete", indent: "" };
  // Something is missing where the text ends, and all before that is right.
  const isOpen = first.start >= code.trimEnd().length || UNTERMINATED.has(first.code);
  if (!isOpen) return { status: "invalid", indent: "" };
  return { status: "incomplete", indent: indentAfter(code) };
}

function indentAfter(code: string): string {
  const line = code.slice(code.lastIndexOf("\n") + 1);
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  return /[{([]\s*$/.test(line) ? `${indent}  ` : indent;
}
