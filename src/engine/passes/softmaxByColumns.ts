import { dataType } from "../dtypes";
import { FEW_CLASSES } from "../fewClasses";
import type { Attrs, GraphNode, OutputRef, RecordedFunction } from "../graph";
import { Rewriter } from "./rewrite";

const { float32, int32 } = dataType;

/** Number of rows from which the transposes pay off. */
const MANY_ROWS = 4096;

/**
 * Computes the softmax of few classes over many pixels with one row per class, so that its maxima and
 * sums read contiguous memory.
 */
export function softmaxByColumns(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);

  const ints = (values: readonly number[], { layer }: GraphNode): OutputRef =>
    rewriter.constant(
      { shape: [values.length], dtype: int32, values: Int32Array.from(values), isSplat: false },
      layer,
    );

  const write = (node: GraphNode, logits: OutputRef, rows: number, classes: number): OutputRef => {
    const T = { kind: "type", value: float32 } as const;
    const index = { kind: "type", value: int32 } as const;
    const from = { controls: [], layer: node.layer };
    const apply = (op: string, inputs: OutputRef[], attrs: Attrs, out: number[]): OutputRef => ({
      node: rewriter.add(op, inputs, attrs, [{ shape: out, dtype: float32 }], from),
      index: 0,
    });
    const reshape = (x: OutputRef, out: number[]): OutputRef =>
      apply("Reshape", [x, ints(out, node)], { T, Tshape: index }, out);
    const turn = (x: OutputRef, out: number[]): OutputRef =>
      apply("Transpose", [x, ints([1, 0], node)], { T, Tperm: index }, out);
    const reduce = (op: string, x: OutputRef): OutputRef => {
      const attrs: Attrs = { T, Tidx: index, keep_dims: { kind: "bool", value: true } };
      return apply(op, [x, ints([0], node)], attrs, [1, rows]);
    };
    const columns = turn(reshape(logits, [rows, classes]), [classes, rows]);
    const shifted = apply("Sub", [columns, reduce("Max", columns)], { T }, [classes, rows]);
    const powers = apply("Exp", [shifted], { T }, [classes, rows]);
    const shares = apply("RealDiv", [powers, reduce("Sum", powers)], { T }, [classes, rows]);
    return reshape(turn(shares, [rows, classes]), [...node.outputs[0].shape]);
  };

  for (const node of fn.nodes) {
    const inputs = node.inputs.map((ref) => rewriter.map(ref));
    const { shape, dtype } = node.outputs[0] ?? { shape: [], dtype: -1 };
    const classes = shape[shape.length - 1] ?? 0;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const isIt = node.op === "Softmax" && dtype === float32 && node.controls.length === 0;
    if (isIt && classes <= FEW_CLASSES && rows >= MANY_ROWS) {
      const made = write(node, inputs[0], rows, classes);
      rewriter.put([made], made.node);
    } else {
      rewriter.putNode(rewriter.copy(node, inputs));
    }
  }
  return rewriter.finish();
}
