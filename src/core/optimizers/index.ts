export { Optimizer, globalNorm } from "./Optimizer";
export type { OptimizerOptions, OptimizerSlot } from "./Optimizer";
export { Adam } from "./Adam";
export type { AdamOptions } from "./Adam";
export { SGD } from "./SGD";
export type { SGDOptions } from "./SGD";
export { createOptimizer } from "./createOptimizer";
export type { OptimizerConfig } from "./createOptimizer";
