import ts from "typescript";
import type { CellConverter } from "./cellConverter";
import { CELL_PREFIX } from "./cellConverter";
import type { Bundle, CompletionMatch } from "./channel";

/** More than a frontend shows; sending thousands of globals makes typing slow. */
const MOST_MATCHES = 500;

function isCellName(name: string): boolean {
  return name.startsWith(CELL_PREFIX);
}

/**
 * What may stand at a place in a cell.
 *
 * @param cursor in UTF-16 units
 */
export function completeAt(
  converter: CellConverter,
  code: string,
  cursor: number,
): { readonly matches: CompletionMatch[]; readonly start: number; readonly end: number } {
  const word = /[\w$]*$/.exec(code.slice(0, cursor))?.[0] ?? "";
  const rest = /^[\w$]*/.exec(code.slice(cursor))?.[0] ?? "";
  const found = converter.query(code, (service, path, toFile) =>
    service.getCompletionsAtPosition(path, toFile(cursor), {
      includeCompletionsForModuleExports: false,
      includeCompletionsWithInsertText: false,
    }),
  );
  const lower = word.toLowerCase();
  const matches = (found?.entries ?? [])
    .filter(({ name, kind }) => {
      if (kind === ts.ScriptElementKind.warning || isCellName(name)) return false;
      return name.toLowerCase().startsWith(lower);
    })
    // Exact case first, then as TypeScript ranks them.
    .sort(
      (a, b) =>
        Number(b.name.startsWith(word)) - Number(a.name.startsWith(word)) ||
        a.sortText.localeCompare(b.sortText) ||
        a.name.localeCompare(b.name),
    )
    .slice(0, MOST_MATCHES)
    .map(({ name, kind }) => ({ text: name, kind }));
  // Inside a string TypeScript completes a path or a literal: replace what stands after the quote.
  const span = found?.optionalReplacementSpan;
  return span === undefined || matches.length === 0 || word !== ""
    ? { matches, start: cursor - word.length, end: cursor + rest.length }
    : { matches, start: cursor, end: cursor };
}

/**
 * What stands at a place in a cell: its type, its docs.
 *
 * A place inside a call's parentheses tells the function, as it does in Python.
 *
 * @returns `null` where there is nothing to tell
 */
export function inspectAt(converter: CellConverter, code: string, cursor: number): Bundle | null {
  return converter.query(code, (service, path, toFile) => {
    const at = (offset: number): ts.QuickInfo | undefined =>
      offset < 0 ? undefined : service.getQuickInfoAtPosition(path, toFile(offset));
    // A cursor behind a name means that name.
    const info = at(cursor) ?? at(cursor - 1);
    if (info !== undefined) return describeInfo(info);
    const help = service.getSignatureHelpItems(path, toFile(cursor), undefined);
    return help === undefined ? null : describeSignature(help);
  });
}

function docsMarkdown(
  signature: string,
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
  tags: readonly ts.JSDocTagInfo[] | undefined,
): Bundle {
  const docs = ts.displayPartsToString(documentation === undefined ? [] : [...documentation]);
  const lines = (tags ?? []).map(({ name, text }) => ({
    name,
    text: ts.displayPartsToString(text),
  }));
  const plain = [signature, docs, ...lines.map(({ name, text }) => `@${name} ${text}`)];
  const markdown = [
    `\`\`\`typescript\n${signature}\n\`\`\``,
    docs,
    ...lines.map(({ name, text }) =>
      name === "example" && !text.includes("```")
        ? `*@${name}*\n\`\`\`typescript\n${text}\n\`\`\``
        : `*@${name}* ${text}`,
    ),
  ];
  const join = (parts: string[]): string => parts.filter((part) => part !== "").join("\n\n");
  return { "text/plain": join(plain), "text/markdown": join(markdown) };
}

/** The names of cells' files are no news to who wrote the cells. */
function withoutCellPaths(text: string): string {
  return text.replaceAll(/\(alias\) |import\("[^"]*__cell_\w+"\)\.|\nimport [\w$]+$/g, "");
}

function describeInfo(info: ts.QuickInfo): Bundle {
  const signature = withoutCellPaths(ts.displayPartsToString(info.displayParts));
  return docsMarkdown(signature, info.documentation, info.tags);
}

function describeSignature(help: ts.SignatureHelpItems): Bundle | null {
  const item = help.items[help.selectedItemIndex] ?? help.items[0];
  if (item === undefined) return null;
  const { prefixDisplayParts, separatorDisplayParts, suffixDisplayParts, parameters } = item;
  const signature =
    ts.displayPartsToString(prefixDisplayParts) +
    parameters
      .map(({ displayParts }) => ts.displayPartsToString(displayParts))
      .join(ts.displayPartsToString(separatorDisplayParts)) +
    ts.displayPartsToString(suffixDisplayParts);
  return docsMarkdown(withoutCellPaths(signature), item.documentation, item.tags);
}
