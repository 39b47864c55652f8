import ts from "typescript";
import type { Insertion } from "./editedText";
import { LANGUAGE } from "./languageLevel";

/** How later cells may use a name. */
export type NameKind =
  /** `let` and `var`: later cells may assign to it. */
  | "variable"
  /** A constant value: const, function, class, enum, import. */
  | "value"
  /** A type without a value at run time. */
  | "type";

/** What a cell's text alone shows. */
export interface CellSyntax {
  /** The names it declares at top level. */
  readonly declared: ReadonlyMap<string, NameKind>;
  /** Every identifier in it: candidates for names of earlier cells. */
  readonly mentioned: ReadonlySet<string>;
  /** Text that makes its declarations visible to later cells. */
  readonly insertions: readonly Insertion[];
  readonly hasTopLevelAwait: boolean;
  /** It contains JSX, so `<T>x` is not a cast. */
  readonly isJsx: boolean;
  /** Comments that TypeScript only recognises at the top of a file: `// @ts-nocheck`, `@jsx h`. */
  readonly pragmas: string;
  /** What it adds to the types of other modules, such as `global Array.last`; no name refers to it. */
  readonly augmentations: ReadonlySet<string>;
  /** It has `export * from`: only the checker knows the names. */
  readonly exportsAll: boolean;
}

function parseAs(code: string, kind: ts.ScriptKind.TS | ts.ScriptKind.TSX): ts.SourceFile {
  return ts.createSourceFile(
    kind === ts.ScriptKind.TS ? "cell.ts" : "cell.tsx",
    // Top-level `await (x)` parses as an await only in a module.
    `${code}\nexport {};`,
    LANGUAGE.target,
    /* setParentNodes */ true,
    kind,
  );
}

/** Parses a cell as a module: as JSX if that gives fewer errors. */
function parseCell(code: string): ts.SourceFile {
  const plain = parseAs(code, ts.ScriptKind.TS);
  const errors = parseErrors(plain).length;
  if (errors === 0 || !code.includes("<")) return plain;
  const jsx = parseAs(code, ts.ScriptKind.TSX);
  return parseErrors(jsx).length < errors ? jsx : plain;
}

const PRAGMA = /@ts-nocheck|@jsx/;

/** The pragmas in a cell's leading comments, to be placed before what the kernel inserts. */
function pragmasOf(code: string): string {
  if (!PRAGMA.test(code)) return "";
  return (ts.getLeadingCommentRanges(code, 0) ?? [])
    .map(({ pos, end }) => code.slice(pos, end))
    .filter((comment) => PRAGMA.test(comment))
    .map((comment) => `${comment}\n`)
    .join("");
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

/** `var`s inside blocks, which JavaScript hoists to the top level. */
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

function hasModifier(statement: ts.Statement, wanted: ts.Modifier["kind"]): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === wanted) ?? false)
  );
}

/** Whether it has an `await` outside every function. */
export function awaitsAtTop(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return true;
  if (
    ts.isVariableDeclarationList(node) &&
    isUsing(node) &&
    // The flags of `await using` include the bit of `const`.
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
    return ts.isIdentifier(statement.name) && !isGlobalAugmentation(statement)
      ? [[statement.name.text, "value"]]
      : [];
  }
  return [];
}

/** `declare global { … }` */
function isGlobalAugmentation(statement: ts.ModuleDeclaration): boolean {
  return (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
}

/** A key for each thing that `declare global` and `declare module "…"` add. */
function augmentationsOf(statement: ts.Statement): string[] {
  if (!ts.isModuleDeclaration(statement)) return [];
  const { name, body } = statement;
  const isGlobal = isGlobalAugmentation(statement);
  if ((!isGlobal && !ts.isStringLiteral(name)) || body?.kind !== ts.SyntaxKind.ModuleBlock) {
    return [];
  }
  return body.statements.flatMap((inner) => {
    const names = declaredBy(inner).map(([declared]) => `${name.text} ${declared}`);
    if (!ts.isInterfaceDeclaration(inner)) return names;
    return inner.members.map((member) => `${names[0]}.${member.name?.getText() ?? ""}`);
  });
}

/** The names of `export { a, b as c }` and `export * as d`, with the names they refer to. */
function exportedNames(statement: ts.Statement): { readonly name: string; readonly of: string }[] {
  if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
  const { exportClause } = statement;
  if (ts.isNamespaceExport(exportClause)) {
    return [{ name: exportClause.name.text, of: exportClause.name.text }];
  }
  return exportClause.elements.map(({ name, propertyName }) => ({
    name: name.text,
    of: (propertyName ?? name).text,
  }));
}

/** Finds what a cell declares and uses. */
export function analyseCell(code: string): CellSyntax {
  const file = parseCell(code);
  const declared = new Map<string, NameKind>();
  const insertions: Insertion[] = [];
  const exportedAtEnd = new Set<string>();
  const augmentations = new Set<string>();
  const declare = (name: string, kind: NameKind): void => {
    // A class and an interface of the same name count as one value.
    if (kind !== "type" || !declared.has(name)) declared.set(name, kind);
  };
  const written = file.statements.flatMap(exportedNames);
  const isWritten = (name: string): boolean =>
    written.some((each) => each.name === name && each.of === name);
  for (const statement of file.statements) {
    const names = declaredBy(statement);
    for (const [name, kind] of names) declare(name, kind);
    for (const each of augmentationsOf(statement)) augmentations.add(each);
    const isDefault = hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
    if (ts.isImportDeclaration(statement)) {
      for (const name of statement.importClause ? importedNames(statement.importClause) : []) {
        declare(name, "value");
        exportedAtEnd.add(name);
      }
    } else if (isDefault || names.some(([name]) => isWritten(name))) {
      // A default export is also known by its own name; a second `export` is an error.
      for (const [name] of names) exportedAtEnd.add(name);
    } else if (names.length > 0 && !hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      insertions.push({ at: statement.getStart(file), text: "export " });
    }
    if (!ts.isVariableStatement(statement)) {
      for (const name of hoistedNames(statement)) {
        declare(name, "variable");
        exportedAtEnd.add(name);
      }
    }
  }
  // `export { a as b }` adds the name `b`.
  for (const { name } of written) if (!declared.has(name)) declare(name, "value");
  for (const { name, of } of written) if (name === of) exportedAtEnd.delete(name);
  if (exportedAtEnd.size > 0) {
    insertions.push({ at: code.length, text: `\nexport { ${[...exportedAtEnd].join(", ")} };` });
  }
  const isJsx = file.languageVariant === ts.LanguageVariant.JSX;
  const pragmas = pragmasOf(code);
  // JSX calls functions that do not appear in the text.
  const mentioned = new Set(isJsx ? ["React", ...(pragmas.match(/[\w$]+/g) ?? [])] : []);
  (function visit(node: ts.Node): void {
    if (ts.isIdentifier(node)) mentioned.add(node.text);
    ts.forEachChild(node, visit);
  })(file);
  return {
    declared,
    mentioned,
    insertions,
    augmentations,
    hasTopLevelAwait: awaitsAtTop(file),
    isJsx,
    pragmas,
    exportsAll: file.statements.some(
      (statement) => ts.isExportDeclaration(statement) && statement.exportClause === undefined,
    ),
  };
}

function parseErrors(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  // TypeScript stores them on the file, outside its public types.
  return (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] })
    .parseDiagnostics;
}

/** Errors reported at the start of an unterminated comment, template or regular expression. */
const UNTERMINATED = new Set([1010, 1160, 1161]);

/** Whether a frontend should run a text on Enter, for `is_complete_request`. */
export function cellCompleteness(code: string): {
  readonly status: "complete" | "incomplete" | "invalid";
  readonly indent: string;
} {
  const [first] = parseErrors(parseCell(code));
  if (first === undefined) return { status: "complete", indent: "" };
  // The first error is at the end of the text, so the text is merely incomplete.
  const isOpen = first.start >= code.trimEnd().length || UNTERMINATED.has(first.code);
  if (!isOpen) return { status: "invalid", indent: "" };
  return { status: "incomplete", indent: indentAfter(code) };
}

function indentAfter(code: string): string {
  const line = code.slice(code.lastIndexOf("\n") + 1);
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  return /[{([]\s*$/.test(line) ? `${indent}  ` : indent;
}
