import type { ShapeFunction } from "./graph";

/** The ops that our addon adds to TensorFlow's (`scripts/setup/attentionOps.cc`), as in `opDefs.ts`. */
export const OWN_OP_DEFS: Readonly<Record<string, string>> = {
  LayerbookAttention: "q:=float32 k:=float32 v:=float32 > out:=float32 log_sums:=float32",
  LayerbookAttentionGrad:
    "q:=float32 k:=float32 v:=float32 out:=float32 log_sums:=float32 d_out:=float32 > dq:=float32 dk:=float32 dv:=float32",
};

/** Their shapes; whoever calls them has checked that the inputs fit each other. */
export const ownOpShapes: Readonly<Record<string, ShapeFunction>> = {
  LayerbookAttention: ({ shapes: [[heads, queries], , [, , valueDim]] }) => [
    [heads, queries, valueDim],
    [heads, queries],
  ],
  LayerbookAttentionGrad: ({ shapes: [q, k, v] }) => [q, k, v],
};
