// @ts-check
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { libraries } from "./entries.mjs";

/**
 * ES modules for Node that re-export the CommonJS ones, so that `import` and `require` in one process
 * give the same classes.
 *
 * @param {string} root
 * @param {string} out the folder that already contains the declarations
 */
export function writeWrappers(root, out) {
  const files = Object.keys(libraries).map((name) => path.join(out, `${name}.js`));
  for (const file of files) {
    const names = exportedNames(fs.readFileSync(file, "utf8"));
    if (names.length === 0) throw new Error(`${path.relative(root, file)} exports nothing`);
    const base = path.basename(file);
    const lines = [
      `import library from "./${base}";`,
      `export const {\n${names.map((name) => `  ${name},\n`).join("")}} = library;`,
    ];
    fs.writeFileSync(file.replace(/\.js$/, ".mjs"), `${lines.join("\n")}\n`);
  }
}

/**
 * The names that esbuild lists for Node at the end of a CommonJS file: `0 && (module.exports = {…})`.
 *
 * @param {string} code
 * @returns {string[]}
 */
export function exportedNames(code) {
  const source = ts.createSourceFile("file.js", code, ts.ScriptTarget.Latest);
  /** @type {string[]} */
  const names = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (
      ts.isBinaryExpression(node) &&
      node.left.kind === ts.SyntaxKind.PropertyAccessExpression &&
      ts.isObjectLiteralExpression(node.right) &&
      /module\.exports\s*=\s*\{/.test(code.slice(node.pos, node.right.pos + 2))
    ) {
      for (const property of node.right.properties) {
        if (property.name && ts.isIdentifier(property.name)) names.push(property.name.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  const last = source.statements.at(-1);
  if (last !== undefined) visit(last);
  return names.sort();
}
