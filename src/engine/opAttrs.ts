import { TraceError } from "../core/errors";
import type { OpAttr } from "./binding";
import { attrKind } from "./dtypes";
import type { AttrValue, Attrs } from "./graph";

/** Converts attributes from the addon's form. */
export function attrsOf(opAttrs: readonly OpAttr[]): Attrs {
  return Object.fromEntries(opAttrs.map((attr) => [attr.name, attrValue(attr)]));
}

function attrValue({ type, value }: OpAttr): AttrValue {
  if (type === attrKind.type) return { kind: "type", value: value as number };
  if (type === attrKind.bool) return { kind: "bool", value: value as boolean };
  if (type === attrKind.string) return { kind: "string", value: value as string };
  if (type === attrKind.shape) return { kind: "shape", value: value as number[] };
  const one = type === attrKind.int ? "int" : "float";
  if (Array.isArray(value)) return { kind: `${one}s`, value: value as number[] };
  return { kind: one, value: value as number };
}

/**
 * The inverse of {@link attrsOf}; a constant's values are not an attribute for the addon.
 *
 * @throws TraceError for a loop: its functions exist only in the graph that contains it
 */
export function opAttrsOf(attrs: Attrs): OpAttr[] {
  return Object.entries(attrs).flatMap(([name, attr]): OpAttr[] => {
    if (attr.kind === "tensor") return [];
    if (attr.kind === "function" || attr.kind === "types") {
      throw new TraceError({
        where: "trace",
        expected: "a value computed by ops outside of loops",
        got: `one computed by a recorded loop (${name})`,
        remedy: "Create variables from values that do not come from a recurrent layer.",
      });
    }
    if (attr.kind === "ints") return [{ name, type: attrKind.int, value: attr.value }];
    if (attr.kind === "floats") return [{ name, type: attrKind.float, value: attr.value }];
    return [{ name, type: attrKind[attr.kind], value: attr.value }];
  });
}
