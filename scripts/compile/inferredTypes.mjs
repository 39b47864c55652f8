// @ts-check
import ts from "typescript";

/**
 * Expands the types that zod infers from a schema: the declarations then need neither the schema
 * nor zod.
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.SourceFile} source
 * @returns {Map<string, string>} the type's text in the source, such as `z.infer<typeof schema>`, and the type
 */
export function inferredTypes(checker, source) {
  /** @type {Map<string, string>} */
  const found = new Map();
  if (source.isDeclarationFile) return found;
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (
      ts.isTypeReferenceNode(node) &&
      /^z\.(infer|input|output)<typeof/.test(node.getText(source))
    ) {
      const type = checker.getTypeAtLocation(node);
      const { NoTruncation, InTypeAlias, MultilineObjectLiterals } = ts.TypeFormatFlags;
      const flags = NoTruncation | InTypeAlias | MultilineObjectLiterals;
      found.set(node.getText(source), checker.typeToString(type, node, flags));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
