import ts from "typescript";

/** The name by which a compiled cell accesses the session. */
export const CELL_API = "__layerbook";

function apiCall(factory: ts.NodeFactory, method: string, args: ts.Expression[]): ts.Expression {
  const callee = factory.createPropertyAccessExpression(factory.createIdentifier(CELL_API), method);
  return factory.createCallExpression(callee, undefined, args);
}

/** Whether the session is absent: in a function that runs elsewhere from its text, such as in a page. */
function isElsewhere(factory: ts.NodeFactory): ts.Expression {
  return factory.createStrictEquality(
    factory.createTypeOfExpression(factory.createIdentifier(CELL_API)),
    factory.createStringLiteral("undefined"),
  );
}

/** `value` handed to a method of the session, or `value` itself where there is no session. */
function throughApi(factory: ts.NodeFactory, method: string, value: ts.Expression): ts.Expression {
  const parameter = factory.createParameterDeclaration(undefined, undefined, "value");
  const identity = factory.createArrowFunction(
    undefined,
    undefined,
    [parameter],
    undefined,
    undefined,
    factory.createIdentifier("value"),
  );
  const api = factory.createPropertyAccessExpression(factory.createIdentifier(CELL_API), method);
  const callee = factory.createConditionalExpression(
    isElsewhere(factory),
    undefined,
    identity,
    undefined,
    api,
  );
  return factory.createCallExpression(factory.createParenthesizedExpression(callee), undefined, [
    value,
  ]);
}

/**
 * The statement whose value is the cell's: the last one, if it is an expression. A semicolon after
 * it suppresses the value.
 */
function lastExpression(file: ts.SourceFile): ts.ExpressionStatement | null {
  const written = file.statements.filter(
    (statement) => !ts.isExportDeclaration(statement) && !ts.isEmptyStatement(statement),
  );
  const last = written.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last)) return null;
  return file.text[last.end - 1] === ";" ? null : last;
}

/** Replaces `import.meta` and `import()` by calls to the session, which knows the project's files. */
function importsOf(factory: ts.NodeFactory, node: ts.Node): ts.Expression | null {
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return factory.createPropertyAccessExpression(factory.createIdentifier(CELL_API), "meta");
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return apiCall(factory, "load", [...node.arguments]);
  }
  return null;
}

/**
 * A `catch` that rethrows the stop of its cell: a loop that catches the errors of its steps could not
 * be stopped otherwise. `finally` blocks still run.
 */
function rethrowStops(factory: ts.NodeFactory, clause: ts.CatchClause): ts.CatchClause {
  const { variableDeclaration: variable, block } = clause;
  const isNamed = variable !== undefined && ts.isIdentifier(variable.name);
  const name = isNamed ? variable.name : factory.createUniqueName("thrown");
  const check = factory.createExpressionStatement(
    factory.createLogicalOr(isElsewhere(factory), apiCall(factory, "rethrowStop", [name])),
  );
  // `catch ({ message })` destructures the error only after the check that it is not a stop.
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

/** Makes `await`, `for await` and `catch` give way to a stop; `null` for any other node. */
function stoppable(factory: ts.NodeFactory, node: ts.Node): ts.Node | null {
  if (ts.isAwaitExpression(node)) {
    return factory.updateAwaitExpression(node, throughApi(factory, "awaited", node.expression));
  }
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
    return factory.updateForOfStatement(
      node,
      node.awaitModifier,
      node.initializer,
      throughApi(factory, "iterated", node.expression),
      node.statement,
    );
  }
  return ts.isCatchClause(node) ? rethrowStops(factory, node) : null;
}

/**
 * The semantics of a project file beyond TypeScript: it can be stopped as a cell can, and `import()`
 * and `import.meta` work although it runs as CommonJS.
 */
export function projectFileSyntax(
  context: ts.TransformationContext,
): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  return (file) => {
    function visit(node: ts.Node): ts.Node {
      const visited = ts.visitEachChild(node, visit, context);
      return stoppable(factory, visited) ?? importsOf(factory, visited) ?? visited;
    }
    return ts.visitEachChild(file, visit, context);
  };
}

/**
 * The semantics of a cell beyond TypeScript: its last expression is its value, `await` and `for await`
 * can be stopped, no `catch` swallows the stop, and `import()` and `import.meta` work as in a module.
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
      const ofStop = stoppable(factory, visited);
      if (ofStop !== null) return ofStop;
      const ofModule = importsOf(factory, visited);
      if (ofModule !== null) return ofModule;
      // A re-run `let x;` resets `x`; TypeScript's own reset is removed below.
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

/** Removes TypeScript's clearing of exports at the top of a module. */
export function afterEmit(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  return (file) => {
    const kept = file.statements.filter(
      // Source statements have a position in the text; TypeScript's additions do not.
      (statement) => statement.pos >= 0 || !clearsExports(statement),
    );
    return kept.length === file.statements.length ? file : factory.updateSourceFile(file, kept);
  };
}
