import { dataType } from "../dtypes";
import type { RecordedFunction } from "../graph";
import { Rewriter } from "./rewrite";

const { int32, int64 } = dataType;

/**
 * Inverts permutations in int64. tf2onnx converts the op to ONNX's TopK, whose indices are int64
 * whatever the op's declared type, and the model would not load.
 */
export function invertInInt64(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);
  for (const node of fn.nodes) {
    if (node.op !== "InvertPermutation") {
      rewriter.putNode(rewriter.copy(node));
      continue;
    }
    const [{ shape }] = node.outputs;
    const type = (value: number) => ({ kind: "type", value }) as const;
    const wide = [{ shape, dtype: int64 }];
    const inputs = [rewriter.map(node.inputs[0])];
    const attrs = { SrcT: type(int32), DstT: type(int64) };
    const cast = { node: rewriter.add("Cast", inputs, attrs, wide, node), index: 0 };
    const made = rewriter.add(node.op, [cast], { T: type(int64) }, wide, node);
    const back = { SrcT: type(int64), DstT: type(int32) };
    rewriter.putNode(rewriter.add("Cast", [{ node: made, index: 0 }], back, node.outputs, node));
  }
  return rewriter.finish();
}
