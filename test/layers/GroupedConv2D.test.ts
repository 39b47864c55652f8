import { GroupedConv2D } from "../../src/layers/GroupedConv2D";
import { checkLayer } from "../support/checkLayer";

describe("GroupedConv2D", () => {
  checkLayer(GroupedConv2D, {
    args: {
      filters: 26,
      kernelSize: [3, 2],
      strides: [2, 1],
      padding: 1,
      groups: 2,
      kernelInitializer: "heUniform",
      seed: 5,
    },
    inputs: [[3, 5, 7, 22]],
    output: [3, 3, 8, 26],
    weights: 2,
  });
});
