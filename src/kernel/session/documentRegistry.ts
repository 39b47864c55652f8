import ts from "typescript";
import { PREPARED_VERSION } from "./preparedFiles";

/**
 * Declaration files whose comments are read only on request: comments are most of the text that every
 * notebook loads.
 */
const DEFERRED_DOCS =
  /\/node_modules\/(?:@types\/node|undici-types|@webgpu\/types|@tensorflow|typescript\/lib)\//;

/** Whether a file was parsed without its comments; {@link readDocs} reads them. */
export function hasDeferredDocs(fileName: string): boolean {
  return DEFERRED_DOCS.test(fileName);
}

/**
 * TypeScript's registry of parsed files, except that {@link hasDeferredDocs} files are parsed without
 * comments and already parsed files are reused.
 *
 * @param prepared returns an already parsed file by path and version
 */
export function createDocumentRegistry(
  prepared: (fileName: string, version: string) => ts.SourceFile | null,
): ts.DocumentRegistry {
  const { sys } = ts;
  // The mode is compared with that of the files, where "all" is represented by `undefined`.
  const [withDocs, withoutDocs] = [undefined, ts.JSDocParsingMode.ParseNone].map((mode) =>
    ts.createDocumentRegistry(sys.useCaseSensitiveFileNames, sys.getCurrentDirectory(), mode),
  );
  const of = (fileName: string): ts.DocumentRegistry =>
    hasDeferredDocs(fileName) ? withoutDocs : withDocs;
  type Options = ts.CreateSourceFileOptions | ts.ScriptTarget | undefined;
  const optionsFor = (fileName: string, options: Options): Options =>
    typeof options === "object" && hasDeferredDocs(fileName)
      ? { ...options, jsDocParsingMode: ts.JSDocParsingMode.ParseNone }
      : options;
  const isPrepared = (name: string): boolean => prepared(name, PREPARED_VERSION) !== null;
  return {
    ...withDocs,
    acquireDocument: (name, settings, snapshot, version, kind, options) =>
      prepared(name, version) ??
      of(name).acquireDocument(
        ...([name, settings, snapshot, version, kind, optionsFor(name, options)] as const),
      ),
    acquireDocumentWithKey: (name, path, settings, key, snapshot, version, kind, options) =>
      prepared(name, version) ??
      of(name).acquireDocumentWithKey(
        ...([name, path, settings, key, snapshot, version, kind] as const),
        optionsFor(name, options),
      ),
    updateDocument: (name, settings, snapshot, version, kind, options) =>
      prepared(name, version) ??
      of(name).updateDocument(
        ...([name, settings, snapshot, version, kind, optionsFor(name, options)] as const),
      ),
    updateDocumentWithKey: (name, path, settings, key, snapshot, version, kind, options) =>
      prepared(name, version) ??
      of(name).updateDocumentWithKey(
        ...([name, path, settings, key, snapshot, version, kind] as const),
        optionsFor(name, options),
      ),
    releaseDocument: (
      name: string,
      settings: ts.CompilerOptions,
      kind: ts.ScriptKind = ts.ScriptKind.Unknown,
      format?: ts.ResolutionMode,
    ) => {
      if (!isPrepared(name)) of(name).releaseDocument(name, settings, kind, format);
    },
    releaseDocumentWithKey: (
      path: ts.Path,
      key: ts.DocumentRegistryBucketKey,
      kind: ts.ScriptKind = ts.ScriptKind.Unknown,
      format?: ts.ResolutionMode,
    ) => {
      if (!isPrepared(path)) of(path).releaseDocumentWithKey(path, key, kind, format);
    },
  };
}

const parsed = new Map<string, ts.SourceFile>();

function parse(fileName: string): ts.SourceFile | null {
  let file = parsed.get(fileName);
  if (file === undefined) {
    const text = ts.sys.readFile(fileName);
    if (text === undefined) return null;
    file = ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2022, /* setParentNodes */ true);
    parsed.set(fileName, file);
  }
  return file;
}

function innermost(node: ts.Node, position: number): ts.Node {
  const child = ts.forEachChild(node, (each) =>
    each.getStart() <= position && position < each.end ? each : undefined,
  );
  return child === undefined ? node : innermost(child, position);
}

/** For `const conv2d: typeof conv2d_`, as tfjs declares its ops, the function that has the comment. */
function documented(name: ts.Node, file: ts.SourceFile): ts.Node {
  const { parent } = name;
  if (!ts.isVariableDeclaration(parent) || parent.type === undefined) return name;
  if (!ts.isTypeQueryNode(parent.type)) return name;
  const target = parent.type.exprName.getText(file);
  const isTarget = (statement: ts.Statement): statement is ts.FunctionDeclaration =>
    ts.isFunctionDeclaration(statement) && statement.name?.text === target;
  return file.statements.find(isTarget) ?? name;
}

/** The contents of a doc comment. */
export interface Docs {
  readonly text: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
}

/**
 * A declaration's doc comment, read from the file itself.
 *
 * @param position of the declared name
 */
export function readDocs(fileName: string, position: number): Docs | null {
  const file = parse(fileName);
  if (file === null) return null;
  const textOf = (comment: ts.JSDoc["comment"]): string => ts.getTextOfJSDocComment(comment) ?? "";
  let node: ts.Node | undefined = documented(innermost(file, position), file);
  for (; node !== undefined && !ts.isSourceFile(node); node = node.parent) {
    const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
    if (comments.length === 0) continue;
    return {
      text: comments.map(({ comment }) => textOf(comment)).join("\n\n"),
      tags: comments
        .flatMap(({ tags }) => [...(tags ?? [])])
        .map((tag) => ({
          name: tag.tagName.text,
          text: [ts.isJSDocParameterTag(tag) ? tag.name.getText() : "", textOf(tag.comment)]
            .join(" ")
            .trim(),
        })),
    };
  }
  return null;
}
