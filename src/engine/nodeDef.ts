import { dataType } from "./dtypes";
import type { AttrValue, Attrs, ConstantValue, RecordedFunction } from "./graph";
import type { ProtoWriter } from "./protobuf";

/** A node as in a `GraphDef`: inputs by name, `"add:1"`, or `"^add"` for a control edge. */
export interface NamedNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attrs: Attrs;
}

/** The names of loop conditions and bodies in a graph's function library. */
export type FunctionNames = ReadonlyMap<RecordedFunction, string>;

export function writeShape(proto: ProtoWriter, shape: readonly number[]): void {
  for (const size of shape) proto.message(2, (dim) => dim.int(1, size));
}

function writeTensor(proto: ProtoWriter, { dtype, shape, values, isSplat }: ConstantValue): void {
  const { buffer, byteOffset, byteLength } = values as Uint8Array;
  proto.int(1, dtype);
  proto.message(2, (inner) => writeShape(inner, shape));
  // A single value in a typed list is repeated for every element; raw content is not.
  if (!isSplat) proto.raw(4, new Uint8Array(buffer, byteOffset, byteLength));
  else if (dtype === dataType.float32) proto.float(5, values[0] as number);
  else proto.int(dtype === dataType.bool ? 11 : 7, values[0] as number);
}

function writeAttr(proto: ProtoWriter, attr: AttrValue, functions: FunctionNames): void {
  switch (attr.kind) {
    case "string":
      proto.string(2, attr.value);
      return;
    case "int":
      proto.int(3, attr.value);
      return;
    case "float":
      proto.float(4, attr.value);
      return;
    case "bool":
      proto.bool(5, attr.value);
      return;
    case "type":
      proto.int(6, attr.value);
      return;
    case "shape":
      proto.message(7, (shape) => writeShape(shape, attr.value));
      return;
    case "tensor":
      proto.message(8, (tensor) => writeTensor(tensor, attr.value));
      return;
    case "types":
      proto.message(1, (list) => list.ints(6, attr.value));
      return;
    case "function":
      proto.message(10, (call) => call.string(1, functions.get(attr.value) ?? ""));
      return;
    case "ints":
      proto.message(1, (list) => list.ints(3, attr.value));
      return;
    case "floats":
      proto.message(1, (list) => {
        for (const value of attr.value) list.float(4, value);
      });
  }
}

/** Writes a `NodeDef`. */
export function writeNode(
  proto: ProtoWriter,
  { name, op, inputs, attrs }: NamedNode,
  functions: FunctionNames,
): void {
  proto.string(1, name).string(2, op);
  for (const input of inputs) proto.string(3, input);
  for (const [key, attr] of Object.entries(attrs)) {
    proto.message(5, (entry) => {
      entry.string(1, key).message(2, (value) => writeAttr(value, attr, functions));
    });
  }
}
