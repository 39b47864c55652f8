import fs from "node:fs";
import path from "node:path";
import ts from "typescript";

/** An `@example` block of a docstring. */
export interface Example {
  /** Relative to the project's root. */
  readonly file: string;
  readonly line: number;
  /** The declaration that the docstring belongs to. */
  readonly subject: string;
  readonly code: string;
  /** Why it is not run; `null` if it is. Written as `@example no-run: reason`. */
  readonly noRun: string | null;
}

/** A line `expression; // value` of an example. */
export interface Claim {
  readonly expression: string;
  /** The value's source text, a literal. */
  readonly value: string;
  /** For `// ≈ 0.693`: the number of decimals claimed. */
  readonly decimals: number | null;
}

/** An example prepared for running: each claim's expression became `await claim(index, expression)`. */
export interface PreparedExample {
  readonly script: string;
  readonly claims: readonly Claim[];
}

/** Every `.ts` file below a folder. */
export function sourceFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name))
    .sort();
}

/** The `@example` blocks of one file, in order. */
export function findExamples(file: string, text: string): Example[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const examples: Example[] = [];
  const seen = new Set<number>();
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) {
      if (tag.tagName.text !== "example" || seen.has(tag.pos)) continue;
      seen.add(tag.pos);
      examples.push(readTag(file, source, tag, subjectOf(node)));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return examples;
}

function subjectOf(node: ts.Node): string {
  const { name } = node as { name?: ts.Node };
  if (name !== undefined) return name.getText();
  const declaration = (node as Partial<ts.VariableStatement>).declarationList?.declarations[0];
  return declaration?.name.getText() ?? "its file";
}

function readTag(file: string, source: ts.SourceFile, tag: ts.JSDocTag, subject: string): Example {
  const text = source.text
    .slice(tag.tagName.end, tag.end)
    .replace(/\*\/\s*$/, "")
    .split("\n")
    .map((row) => row.replace(/^\s*\* ?/, ""))
    .join("\n");
  const noRun = /^\s*no-run\b:?\s*(.*)/.exec(text);
  const code = (noRun === null ? text : text.slice(text.indexOf("\n") + 1))
    .replace(/^\s*```\w*$/gm, "")
    .trim();
  return {
    file,
    line: source.getLineAndCharacterOfPosition(tag.pos).line + 1,
    subject,
    code,
    noRun: noRun === null ? null : (noRun[1] ?? "").trim(),
  };
}

/**
 * Splits an example into a script and its claims.
 *
 * @throws Error if a comment after an expression is not a value: prose belongs on a line above
 */
export function prepareExample({ code }: Pick<Example, "code">): PreparedExample {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const claims: Claim[] = [];
  const pieces = source.statements.map((statement) => {
    if (ts.isImportDeclaration(statement)) return "";
    const comment = trailingComment(source, statement);
    if (comment === null) return statement.getText();
    const claim = readValue(comment);
    if (!ts.isExpressionStatement(statement)) {
      if (claim === null) return statement.getText();
      throw new Error(`"${statement.getText()}" claims ${comment}: make it an expression`);
    }
    if (claim === null) {
      throw new Error(`"// ${comment}" is no value; put prose on a line above`);
    }
    const expression = statement.expression.getText();
    claims.push({ expression, ...claim });
    return `await claim(${claims.length - 1}, ${expression});`;
  });
  return { script: pieces.join("\n"), claims };
}

function trailingComment(source: ts.SourceFile, statement: ts.Statement): string | null {
  const [range] = ts.getTrailingCommentRanges(source.text, statement.end) ?? [];
  return range === undefined ? null : source.text.slice(range.pos, range.end).slice(2).trim();
}

/** Reads the literal at the start of a comment; words may follow after a comma or the like. */
export function readValue(comment: string): Omit<Claim, "expression"> | null {
  const isRough = comment.startsWith("≈");
  const text = comment.replace(/^≈\s*/, "");
  const source = ts.createSourceFile("v.ts", `const v = ${text}`, ts.ScriptTarget.Latest, true);
  const [statement] = source.statements;
  if (statement === undefined || !ts.isVariableStatement(statement)) return null;
  let node = statement.declarationList.declarations[0]?.initializer;
  // "0.8 (of 1)" would parse as a call of 0.8.
  while (node !== undefined && ts.isCallExpression(node) && isLiteral(node.expression)) {
    node = node.expression;
  }
  if (node === undefined || !isLiteral(node)) return null;
  const rest = source.text.slice(node.end);
  if (!/^\s*($|[,;:(—–])/.test(rest)) return null;
  const value = node.getText();
  return { value, decimals: isRough ? (/\.(\d+)/.exec(value)?.[1]?.length ?? 0) : null };
}

function isLiteral(node: ts.Node): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isLiteral);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every(
      (one) => ts.isPropertyAssignment(one) && isLiteral(one.initializer),
    );
  }
  if (ts.isPrefixUnaryExpression(node)) return isLiteral(node.operand);
  if (ts.isIdentifier(node)) return ["undefined", "NaN", "Infinity"].includes(node.text);
  return (
    ts.isNumericLiteral(node) ||
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword].includes(
      node.kind,
    )
  );
}

/** Type-checks examples as if each were in a separate file next to the public index. */
export function typeErrors(root: string, examples: readonly Example[]): string[] {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), (name) =>
    fs.readFileSync(name, "utf8"),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  Object.assign(options, { noUnusedLocals: false, allowUnreachableCode: true });
  const index = path.join(root, "src", "notebook.ts");
  const modules = ts.createProgram(
    [index, ...examples.map(({ file }) => path.join(root, file))],
    options,
  );
  const exportsOf = (file: string): Set<string> => {
    const module = modules.getSourceFile(file);
    const symbol = module && modules.getTypeChecker().getSymbolAtLocation(module);
    const exported = symbol ? modules.getTypeChecker().getExportsOfModule(symbol) : [];
    return new Set(exported.map(({ name }) => name));
  };
  const indexNames = exportsOf(index);
  const files = new Map(
    examples.map((example, number) => {
      const own = path.join(root, example.file);
      const text = asModule(example.code, own, exportsOf(own), index, indexNames);
      return [path.join(root, "test", `example${number}.ts`), { text, example }];
    }),
  );
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.readFile = (name) => files.get(name)?.text ?? onDisk.readFile(name);
  host.fileExists = (name) => files.has(name) || onDisk.fileExists(name);
  const program = ts.createProgram([...files.keys()], options, host, modules);
  return [...files].flatMap(([name, { example }]) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) =>
        `${example.file}:${example.line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
}

function asModule(
  code: string,
  own: string,
  ownNames: ReadonlySet<string>,
  index: string,
  indexNames: ReadonlySet<string>,
): string {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const isOwn = (statement: ts.Statement): boolean =>
    !ts.isImportDeclaration(statement) || /["']node:/.test(statement.moduleSpecifier.getText());
  const body = source.statements
    .filter(isOwn)
    .map((statement) => statement.getText())
    .join("\n");
  const words = [...new Set(body.match(/[A-Za-z_$][\w$]*/g))];
  const declared = new Set(
    [...body.matchAll(/\b(?:const|let|function|class)\s+([\w$]+)/g)].map(([, name]) => name),
  );
  const used = words.filter((word) => !declared.has(word));
  const fromOwn = used.filter((word) => ownNames.has(word));
  const fromIndex = used.filter((word) => indexNames.has(word) && !ownNames.has(word));
  const list = (names: readonly string[], file: string): string =>
    names.length === 0
      ? ""
      : `import { ${names.join(", ")} } from "${file.replace(/\.ts$/, "")}";\n`;
  return `import * as tf from "@tensorflow/tfjs";\n${list(fromOwn, own)}${list(fromIndex, index)}export {};\n${body}\nvoid tf;\n`;
}
