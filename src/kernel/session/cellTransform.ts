import ts from "typescript";

/** The name by which a compiled cell reaches the session. */
export const CELL_API = "__layerbook";

function apiCall(factory: ts.NodeFactory, method: string, args: ts.Expression[]): ts.Expression {
  const callee = factory.createPropertyAccessExpression(factory.createIdentifier(CELL_API), method);
  return factory.createCallExpression(callee, undefined, args);
}

/**
 * A file's statement that is the cell's value, where its last one is an expression. A semicolon
 * behind it says that the value is not wanted.
 */
function lastExpression(file: ts.SourceFile): ts.ExpressionStatement | null {
  const written = file.statements.filter(
    (statement) => !ts.isExportDeclaration(statement) && !ts.isEmptyStatement(statement),
  );
  const last = written.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last)) return null;
  return file.text[last.end - 1] === ";" ? null : last;
}

/** `import.meta` and `import()` as calls of the session, which knows the project's files. */
function importsOf(factory: ts.NodeFactory, node: ts.Node): ts.Expression | null {
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return factory.createPropertyAccessExpression(factory.createIdentifier(CELL_API), "meta");
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return apiCall(factory, "load", [...node.arguments]);
  }
  return null;
}

/** What a file of the project needs to run as CommonJS: `import()` and `import.meta`. */
export function moduleSyntax(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  return (file) => {
    function visit(node: ts.Node): ts.Node {
      const visited = ts.visitEachChild(node, visit, context);
      return importsOf(context.factory, visited) ?? visited;
    }
    return ts.visitEachChild(file, visit, context);
  };
}

/**
 * A `catch` that lets the stop of its cell pass: else a loop that catches what goes wrong in each of
 * its steps could not be stopped. `finally` blocks run all the same.
 */
function passingStops(factory: ts.NodeFactory, clause: ts.CatchClause): ts.CatchClause {
  const { variableDeclaration: variable, block } = clause;
  const isNamed = variable !== undefined && ts.isIdentifier(variable.name);
  const name = isNamed ? variable.name : factory.createUniqueName("thrown");
  const check = factory.createExpressionStatement(apiCall(factory, "caught", [name]));
  // `catch ({ message })` takes the error apart, but only once it is known to be none of ours.
  const parts =
    variable === undefined || isNamed
      ? []
      : [
          factory.createVariableStatement(
            undefined,
            factory.createVariableDeclarationList(
              [factory.createVariableDeclaration(variable.name, undefined, undefined, name)],
              ts.NodeFlags.Let,
            ),
          ),
        ];
  return factory.updateCatchClause(
    clause,
    isNamed ? variable : factory.createVariableDeclaration(name),
    factory.updateBlock(block, [check, ...parts, ...block.statements]),
  );
}

/**
 * What a cell means beyond TypeScript: its last expression is its value, `await` and `for await` can
 * be stopped and no `catch` keeps the stop, `import()` and `import.meta` work as in a module.
 */
export function beforeEmit(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  return (file) => {
    const last = lastExpression(file);
    function visit(node: ts.Node): ts.Node {
      if (node === last) {
        const value = ts.visitNode(last.expression, visit) as ts.Expression;
        return factory.updateExpressionStatement(last, apiCall(factory, "value", [value]));
      }
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(visited)) {
        return factory.updateAwaitExpression(
          visited,
          apiCall(factory, "awaited", [visited.expression]),
        );
      }
      if (ts.isForOfStatement(visited) && visited.awaitModifier !== undefined) {
        return factory.updateForOfStatement(
          visited,
          visited.awaitModifier,
          visited.initializer,
          apiCall(factory, "iterated", [visited.expression]),
          visited.statement,
        );
      }
      if (ts.isCatchClause(visited)) return passingStops(factory, visited);
      const ofModule = importsOf(factory, visited);
      if (ofModule !== null) return ofModule;
      // A re-run `let x;` starts over; TypeScript's own clearing is taken out below.
      if (
        ts.isVariableDeclarationList(visited) &&
        (visited.flags & ts.NodeFlags.Let) !== 0 &&
        ts.isVariableStatement(node.parent) &&
        node.parent.parent === file &&
        !hasDeclare(node.parent)
      ) {
        const declarations = visited.declarations.map((declaration) =>
          declaration.initializer !== undefined || !ts.isIdentifier(declaration.name)
            ? declaration
            : factory.updateVariableDeclaration(
                declaration,
                declaration.name,
                declaration.exclamationToken,
                declaration.type,
                factory.createVoidZero(),
              ),
        );
        return factory.updateVariableDeclarationList(visited, declarations);
      }
      return visited;
    }
    return ts.visitEachChild(file, visit, context);
  };
}

function hasDeclare(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** `exports.a = exports.b = void 0`: would clear what an earlier run of the cell defined. */
function clearsExports(statement: ts.Statement): boolean {
  if (!ts.isExpressionStatement(statement)) return false;
  let { expression } = statement;
  if (!ts.isBinaryExpression(expression)) return false;
  while (
    ts.isBinaryExpression(expression) &&
    ts.isPropertyAccessExpression(expression.left) &&
    ts.isIdentifier(expression.left.expression) &&
    expression.left.expression.text === "exports"
  ) {
    expression = expression.right;
  }
  return ts.isVoidExpression(expression);
}

/** Takes out TypeScript's clearing of exports at a module's head. */
export function afterEmit(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  return (file) => {
    const kept = file.statements.filter(
      // Written code has a place in the text, TypeScript's additions have none.
      (statement) => statement.pos >= 0 || !clearsExports(statement),
    );
    return kept.length === file.statements.length ? file : factory.updateSourceFile(file, kept);
  };
}
