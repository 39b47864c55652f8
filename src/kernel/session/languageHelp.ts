import ts from "typescript";
import type { CellConverter, Question } from "./cellConverter";
import { CELL_PREFIX } from "./cellConverter";
import type { Bundle, CompletionMatch } from "./channel";
import { COMMON_NAMES } from "./commonNames";
import { hasDeferredDocs, readDocs } from "./documentRegistry";
import type { Docs } from "./documentRegistry";

/** More matches than a frontend shows; sending thousands of globals makes typing slow. */
const MAX_MATCHES = 500;

/** Request symbols too: asking for the details of each entry makes TypeScript find all of them again. */
const COMPLETIONS: ts.GetCompletionsAtPositionOptions & { readonly includeSymbol: true } = {
  includeCompletionsForModuleExports: false,
  includeCompletionsWithInsertText: false,
  includeSymbol: true,
};

/** A completion with its symbol, which TypeScript's public types leave out. */
type FoundEntry = ts.CompletionEntry & { readonly symbol?: ts.Symbol };

/** A completion with its symbol; for an imported name, the symbol that it refers to. */
interface Candidate extends FoundEntry {
  readonly meant: ts.Symbol | null;
}

function isCellName(name: string): boolean {
  return name.startsWith(CELL_PREFIX);
}

/**
 * Completions at a position in a cell.
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
  const lower = word.toLowerCase();
  const isWanted = (name: string): boolean => name.toLowerCase().startsWith(lower);
  // After a dot only members can follow.
  const isMember = code.slice(0, cursor - word.length).endsWith(".");
  const ask: Question<{
    readonly found: ts.CompletionInfo | undefined;
    readonly matches: CompletionMatch[];
  }> = (service, path, toFile) => {
    const found = service.getCompletionsAtPosition(path, toFile(cursor), COMPLETIONS);
    const entries = (found?.entries ?? []).filter(
      ({ name, kind }) =>
        kind !== ts.ScriptElementKind.warning && !isCellName(name) && isWanted(name),
    );
    const checker = service.getProgram()?.getTypeChecker();
    const best = rankCandidates(
      entries.map((entry) => toCandidate(checker, entry)),
      word,
    );
    return { found, matches: best.map((candidate) => describe(checker, candidate)) };
  };
  const { found, matches } = converter.query(code, ask, isMember ? () => false : isWanted);
  // Inside a string TypeScript completes a path or a literal: replace everything after the quote.
  const span = found?.optionalReplacementSpan;
  return span === undefined || matches.length === 0 || word !== ""
    ? { matches, start: cursor - word.length, end: cursor + rest.length }
    : { matches, start: cursor, end: cursor };
}

function toCandidate(checker: ts.TypeChecker | undefined, entry: FoundEntry): Candidate {
  const { symbol } = entry;
  if (checker === undefined || symbol === undefined) return { ...entry, meant: null };
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const meant = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return { ...entry, kind: isAlias ? kindOf(meant) : entry.kind, meant };
}

/** A completion's signature and first line of documentation. */
function describe(
  checker: ts.TypeChecker | undefined,
  { name, kind, meant }: Candidate,
): CompletionMatch {
  const docs = ts.displayPartsToString(meant?.getDocumentationComment(checker));
  const documentation = firstSentence(docs);
  return { text: name, kind, ...(documentation === "" ? {} : { documentation }) };
}

function kindOf({ flags, valueDeclaration }: ts.Symbol): ts.ScriptElementKind {
  if ((flags & ts.SymbolFlags.Function) !== 0) return ts.ScriptElementKind.functionElement;
  if ((flags & ts.SymbolFlags.Class) !== 0) return ts.ScriptElementKind.classElement;
  if ((flags & ts.SymbolFlags.Enum) !== 0) return ts.ScriptElementKind.enumElement;
  if ((flags & ts.SymbolFlags.Variable) !== 0) {
    const isConst =
      valueDeclaration !== undefined &&
      (ts.getCombinedNodeFlags(valueDeclaration) & ts.NodeFlags.Const) !== 0;
    return isConst ? ts.ScriptElementKind.constElement : ts.ScriptElementKind.letElement;
  }
  if ((flags & ts.SymbolFlags.Interface) !== 0) return ts.ScriptElementKind.interfaceElement;
  if ((flags & ts.SymbolFlags.TypeAlias) !== 0) return ts.ScriptElementKind.typeElement;
  return ts.ScriptElementKind.moduleElement;
}

/** The first sentence of a comment, on one line. */
function firstSentence(docs: string): string {
  const [paragraph = ""] = docs.trim().split(/\n\s*\n/);
  const line = paragraph.replaceAll(/\s+/g, " ");
  return /^.*?[.!?](?= |$)/.exec(line)?.[0] ?? line;
}

/** Kinds of completions in the order in which they are listed: callable ones first. */
const KINDS = ["method", "function", "class", "const", "let", "var", "property", "getter"];

/** Sorts completions: exact case first, then the toolkit's common names, then by kind and name. */
function rankCandidates(candidates: readonly Candidate[], word: string): Candidate[] {
  const place = (list: readonly string[], text: string): number => {
    const index = list.indexOf(text);
    return index < 0 ? list.length : index;
  };
  return candidates
    .map((candidate) => ({
      candidate,
      isOtherCase: candidate.name.startsWith(word) ? 0 : 1,
      common: place(COMMON_NAMES, candidate.name),
      group: place(KINDS, candidate.kind),
    }))
    .sort(
      (a, b) =>
        a.isOtherCase - b.isOtherCase ||
        a.candidate.sortText.localeCompare(b.candidate.sortText) ||
        a.common - b.common ||
        a.group - b.group ||
        a.candidate.name.localeCompare(b.candidate.name),
    )
    .slice(0, MAX_MATCHES)
    .map(({ candidate }) => candidate);
}

/**
 * The type and documentation of the name at a position in a cell.
 *
 * Inside a call's parentheses this is the function, as in Python.
 *
 * @returns `null` if there is none
 */
export function inspectAt(converter: CellConverter, code: string, cursor: number): Bundle | null {
  return converter.query(code, (service, path, toFile) => {
    // A cursor just after a name refers to that name.
    for (const offset of [cursor, cursor - 1]) {
      if (offset < 0) continue;
      const info = service.getQuickInfoAtPosition(path, toFile(offset));
      if (info === undefined) continue;
      const signature = withoutCellPaths(ts.displayPartsToString(info.displayParts));
      const docs = deferredDocs(service, path, toFile(offset)) ?? docsOf(info);
      return docsMarkdown(signature, docs);
    }
    const help = service.getSignatureHelpItems(path, toFile(cursor), undefined);
    if (help === undefined) return null;
    // TypeScript gives the documentation of the call, unless it parsed the file without comments.
    const text = service.getProgram()?.getSourceFile(path)?.text ?? "";
    const callee = text.slice(0, help.applicableSpan.start).replace(/\s*\(\s*$/, "");
    return describeSignature(help, deferredDocs(service, path, callee.length - 1));
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

/** Documentation that TypeScript did not parse: that of the first declaration that has any. */
function deferredDocs(service: ts.LanguageService, path: string, position: number): Docs | null {
  for (const { fileName, textSpan } of service.getDefinitionAtPosition(path, position) ?? []) {
    const docs = hasDeferredDocs(fileName) ? readDocs(fileName, textSpan.start) : null;
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

/** Removes the names of cell files, which mean nothing to the user. */
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
