// @ts-check
import path from "node:path";
import ts from "typescript";

/**
 * The declarations that each file exports, by name, without comments and private members. They are
 * as the compiler prints them, so that only changes of meaning change the text.
 *
 * @param {readonly string[]} files declaration files
 * @returns {string[]} one text per file
 */
export function declarationsOf(files) {
  const program = createProgram(files);
  /** @type {Map<ts.Symbol, string>} */
  const known = new Map();
  const printer = ts.createPrinter({ removeComments: true });
  return files.map((file) => {
    const lines = exportsOf(program, file).map(({ name, target }) => {
      const place = known.get(target);
      if (place !== undefined) return `${name}: as in ${place}`;
      known.set(target, path.basename(file, ".d.ts"));
      return (target.declarations ?? [])
        .map((node) => {
          const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node;
          const text = printer.printNode(
            ts.EmitHint.Unspecified,
            withoutPrivate(whole),
            whole.getSourceFile(),
          );
          return `${name}: ${text.replace(/^(export )?(declare )?/, "")}`;
        })
        .sort()
        .join("\n");
    });
    return `${lines.sort().join("\n")}\n`;
  });
}

/**
 * The types used in declarations of exported names that no file exports.
 *
 * @param {readonly string[]} files all declaration files of the package
 * @returns {string[]} `Type of file`, sorted
 */
export function hiddenTypes(files) {
  const program = createProgram(files);
  const checker = program.getTypeChecker();
  const shown = new Set(files.flatMap((file) => exportsOf(program, file).map((e) => e.target)));
  /** @type {Set<ts.Symbol>} */
  const seen = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (isPrivate(node)) return;
    const name = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
    if (name !== undefined) follow(resolve(checker, name));
    ts.forEachChild(node, visit);
  };
  /** @param {ts.Symbol} symbol */
  const follow = (symbol) => {
    const nodes = symbol.declarations ?? [];
    const kinds =
      ts.SymbolFlags.Class |
      ts.SymbolFlags.Interface |
      ts.SymbolFlags.TypeAlias |
      ts.SymbolFlags.Enum;
    if (seen.has(symbol) || !(symbol.flags & kinds || shown.has(symbol))) return;
    if (nodes.some((node) => /node_modules|\/lib\.[^/]*d\.ts$/.test(node.getSourceFile().fileName)))
      return;
    seen.add(symbol);
    nodes.forEach(visit);
  };
  shown.forEach(follow);
  return [...seen]
    .filter((symbol) => !shown.has(symbol))
    .map(({ name }) => name)
    .sort();
}

/** @param {readonly string[]} files */
function createProgram(files) {
  return ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    types: [],
    skipLibCheck: true,
  });
}

/**
 * @param {ts.Program} program
 * @param {string} file
 */
function exportsOf(program, file) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, target: resolve(checker, symbol) }));
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} symbol
 */
function resolve(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {ts.Node} node */
function isPrivate(node) {
  if (!ts.canHaveModifiers(node)) return false;
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;
}

/**
 * @template {ts.Node} N
 * @param {N} node
 * @returns {N}
 */
function withoutPrivate(node) {
  /** @type {ts.TransformerFactory<ts.Node>} */
  const dropPrivate = (context) => (whole) =>
    ts.visitEachChild(whole, (member) => (isPrivate(member) ? undefined : member), context);
  return /** @type {N} */ (ts.transform(node, [dropPrivate]).transformed[0]);
}
