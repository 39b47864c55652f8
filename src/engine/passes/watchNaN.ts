import { dataType } from "../dtypes";
import { describeNode } from "../graph";
import type { Attrs, OutputRef, RecordedFunction } from "../graph";
import { Rewriter } from "./rewrite";

const { bool, float32, int32 } = dataType;

/** A function that also says which of its ops came to NaN. */
export interface WatchedFunction {
  /** The last result is a bool for each of `places`. */
  readonly fn: RecordedFunction;
  /** `Conv2D in layer "encoder1/conv"`, in the order in which they are computed. */
  readonly places: readonly string[];
}

/**
 * Adds the question whether a float32 output holds NaN, for every op. What is asked for is computed:
 * TensorFlow fuses nothing over it, so that no ReLU turns a NaN into 0 unseen.
 */
export function watchNaN(fn: RecordedFunction): WatchedFunction {
  const rewriter = new Rewriter(fn);
  const places: string[] = [];
  const flags: OutputRef[] = [];
  const type = (value: number) => ({ kind: "type", value }) as const;
  const scalar = { shape: [], dtype: bool };

  const ask = (ref: OutputRef, place: string): void => {
    const { shape } = rewriter.typeOf(ref);
    const from = { controls: [], layer: rewriter.node(ref).layer };
    const isNaN = rewriter.add(
      "IsNan",
      [ref],
      { T: type(float32) },
      [{ shape, dtype: bool }],
      from,
    );
    const values = Int32Array.from(shape.keys());
    const axes = { shape: [values.length], dtype: int32, values, isSplat: false };
    const attrs: Attrs = { Tidx: type(int32), keep_dims: { kind: "bool", value: false } };
    const inputs = [{ node: isNaN, index: 0 }, rewriter.constant(axes, null)];
    flags.push({ node: rewriter.add("Any", inputs, attrs, [scalar], from), index: 0 });
    places.push(place);
  };

  for (const node of fn.nodes) {
    const made = rewriter.copy(node);
    rewriter.putNode(made);
    if (node.op === "Const") continue;
    const place = node.op === "Placeholder" ? "an argument" : describeNode(node);
    node.outputs.forEach(({ dtype }, index) => {
      if (dtype === float32) ask({ node: made, index }, place);
    });
  }
  const attrs: Attrs = {
    N: { kind: "int", value: flags.length },
    T: type(bool),
    axis: { kind: "int", value: 0 },
  };
  const all = { shape: [flags.length], dtype: bool };
  const packed = rewriter.add("Pack", flags, attrs, [all], { controls: [], layer: null });
  const written = rewriter.finish();
  return { fn: { ...written, results: [...written.results, { node: packed, index: 0 }] }, places };
}
