import ts from "typescript";
import type { CellConverter } from "./cellConverter";
import { CELL_PREFIX } from "./cellConverter";
import type { Bundle, CompletionMatch } from "./channel";
import { hasLateDocs, readDocs } from "./documentRegistry";
import type { Docs } from "./documentRegistry";

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
  const word = /[$\u200c\u200d\p{ID_Continue}]*$/u.exec(code.slice(0, cursor))?.[0] ?? "";
  const rest = /^[$\u200c\u200d\p{ID_Continue}]*/u.exec(code.slice(cursor))?.[0] ?? "";
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
    // A cursor behind a name means that name.
    for (const offset of [cursor, cursor - 1]) {
      if (offset < 0) continue;
      const info = service.getQuickInfoAtPosition(path, toFile(offset));
      if (info === undefined) continue;
      const signature = withoutCellPaths(ts.displayPartsToString(info.displayParts));
      const docs = lateDocs(service, path, toFile(offset)) ?? docsOf(info);
      return docsMarkdown(signature, docs);
    }
    const help = service.getSignatureHelpItems(path, toFile(cursor), undefined);
    if (help === undefined) return null;
    // TypeScript tells the call's own docs, but not those that it was not let parse.
    const text = service.getProgram()?.getSourceFile(path)?.text ?? "";
    const callee = text.slice(0, help.applicableSpan.start).replace(/\s*\(\s*$/, "");
    return describeSignature(help, lateDocs(service, path, callee.length - 1));
  });
}

function docsOf({
  documentation,
  tags,
}: {
  readonly documentation?: ts.SymbolDisplayPart[];
  readonly tags?: ts.JSDocTagInfo[];
}): Docs {
  return {
    text: ts.displayPartsToString(documentation),
    tags: (tags ?? []).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) })),
  };
}

/** Docs that TypeScript was not let parse: of the first of a name's declarations that has some. */
function lateDocs(service: ts.LanguageService, path: string, position: number): Docs | null {
  for (const { fileName, textSpan } of service.getDefinitionAtPosition(path, position) ?? []) {
    const docs = hasLateDocs(fileName) ? readDocs(fileName, textSpan.start) : null;
    if (docs !== null) return docs;
  }
  return null;
}

function docsMarkdown(signature: string, { text: docs, tags }: Docs): Bundle {
  const plain = [signature, docs, ...tags.map(({ name, text }) => `@${name} ${text}`)];
  const markdown = [
    `\`\`\`typescript\n${signature}\n\`\`\``,
    docs,
    ...tags.map(({ name, text }) =>
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

function describeSignature(help: ts.SignatureHelpItems, late: Docs | null): Bundle | null {
  const item = help.items[help.selectedItemIndex] ?? help.items[0];
  if (item === undefined) return null;
  const { prefixDisplayParts, separatorDisplayParts, suffixDisplayParts, parameters } = item;
  const signature =
    ts.displayPartsToString(prefixDisplayParts) +
    parameters
      .map(({ displayParts }) => ts.displayPartsToString(displayParts))
      .join(ts.displayPartsToString(separatorDisplayParts)) +
    ts.displayPartsToString(suffixDisplayParts);
  return docsMarkdown(withoutCellPaths(signature), late ?? docsOf(item));
}
