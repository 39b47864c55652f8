import { TraceError } from "../core/errors";
import { dataType, dtypeName } from "./dtypes";
import { attrOf } from "./graph";
import type { AttrValue, Attrs } from "./graph";
import { OP_DEFS } from "./opDefs";
import { OWN_OP_DEFS } from "./ownOpDefs";

/** An input or output of an op, as TensorFlow registers it. */
interface ArgSpec {
  readonly name: string;
  /** A fixed type, the attribute that holds it, or the attribute that lists one type per tensor. */
  readonly type: { readonly fixed: number } | { readonly attr: string } | { readonly list: string };
  /** The attribute that holds the number of tensors; `null` for a single tensor. */
  readonly count: string | null;
}

interface OpSpec {
  readonly inputs: readonly ArgSpec[];
  readonly outputs: readonly ArgSpec[];
}

const parsed = new Map<string, OpSpec>();

function parseArg(text: string): ArgSpec {
  const [name, type] = text.split(":");
  if (type.endsWith("[]")) return { name, type: { list: type.slice(0, -2) }, count: null };
  const [kind, count = null] = type.split("*");
  if (!kind.startsWith("=")) return { name, type: { attr: kind }, count };
  const fixed = kind.slice(1) as keyof typeof dataType;
  return { name, type: { fixed: dataType[fixed] }, count };
}

function parse(line: string): OpSpec {
  const [inputs, outputs] = line
    .split(">")
    .map((side) => side.split(" ").filter(Boolean).map(parseArg));
  return { inputs, outputs };
}

/** The registered definition of an op, or `null` if the table has none. */
function specOf(op: string): OpSpec | null {
  const line = (OP_DEFS[op] ?? OWN_OP_DEFS[op]) as string | undefined;
  if (line === undefined) return null;
  let spec = parsed.get(op);
  if (spec === undefined) {
    spec = parse(line);
    parsed.set(op, spec);
  }
  return spec;
}

/** The op's registered definition. @throws TraceError for an op that is not in the table */
function requireSpec(op: string, where: string): OpSpec {
  const spec = specOf(op);
  if (spec !== null) return spec;
  throw new TraceError({
    where,
    expected: "an op that the engine can record",
    got: op,
    remedy: `Add ${op} to scripts/opDefs.py if it neither reads data back nor keeps state.`,
  });
}

/** Attribute values that follow from the inputs: types and counts, which eager mode infers. */
function inferredAttrs(spec: OpSpec, attrs: Attrs, inputTypes: readonly number[]): Attrs {
  const inferred: Record<string, AttrValue> = {};
  let position = 0;
  for (const { type, count } of spec.inputs) {
    if ("list" in type) {
      const length = inputTypes.length - (spec.inputs.length - 1);
      inferred[type.list] = { kind: "types", value: inputTypes.slice(position, position + length) };
      position += length;
      continue;
    }
    const given = count === null ? undefined : attrs[count];
    // A list may be at any position; its length is the number of inputs minus the others.
    const length =
      count === null
        ? 1
        : given?.kind === "int"
          ? given.value
          : inputTypes.length - (spec.inputs.length - 1);
    if (count !== null) inferred[count] = { kind: "int", value: length };
    if ("attr" in type && length > 0) {
      inferred[type.attr] = { kind: "type", value: inputTypes[position] };
    }
    position += length;
  }
  return inferred;
}

/** The given attributes plus those that the inputs imply; the latter take precedence. */
export function completeAttrs(
  op: string,
  attrs: Attrs,
  inputTypes: readonly number[],
  where: string,
): Attrs {
  return { ...attrs, ...inferredAttrs(requireSpec(op, where), attrs, inputTypes) };
}

/** The types of the tensors of one input or output. */
function typesOf({ type, count }: ArgSpec, attrs: Attrs, where: string): readonly number[] {
  if ("list" in type) return attrOf(attrs, type.list, "types") ?? missing(attrs, type.list, where);
  const length = count === null ? 1 : (attrOf(attrs, count, "int") ?? 1);
  const one =
    "fixed" in type
      ? type.fixed
      : (attrOf(attrs, type.attr, "type") ?? missing(attrs, type.attr, where));
  return Array.from({ length }, () => one);
}

function missing(attrs: Attrs, name: string, where: string): never {
  const attr = attrs[name] as AttrValue | undefined;
  throw new TraceError({
    where,
    expected: `the attribute ${name}`,
    got: attr === undefined ? "none" : attr.kind,
  });
}

/** The names of an op's outputs, one per tensor, as function bodies refer to them: `"output:0"`. */
export function outputNames(op: string, attrs: Attrs, where: string): string[] {
  return requireSpec(op, where).outputs.flatMap((arg) =>
    typesOf(arg, attrs, where).map((_, i) => `${arg.name}:${i}`),
  );
}

/**
 * The types of an op's outputs; also checks the types of its inputs.
 *
 * @throws TraceError if the op does not accept the inputs
 */
export function outputTypes(
  op: string,
  attrs: Attrs,
  inputTypes: readonly number[],
  where: string,
): number[] {
  const spec = requireSpec(op, where);
  const wanted = spec.inputs.flatMap((arg) => typesOf(arg, attrs, where));
  const fits =
    wanted.length === inputTypes.length && wanted.every((type, i) => type === inputTypes[i]);
  if (!fits) {
    throw new TraceError({
      where,
      expected: `${op} of ${wanted.map(dtypeName).join(", ") || "nothing"}`,
      got: inputTypes.map(dtypeName).join(", ") || "nothing",
    });
  }
  return spec.outputs.flatMap((arg) => typesOf(arg, attrs, where));
}
