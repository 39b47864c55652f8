import { BatchNormalization } from "../../src/layers/BatchNormalization";
import { GroupNormalization } from "../../src/layers/GroupNormalization";
import { checkLayer } from "../support/checkLayer";

describe("BatchNormalization", () => {
  checkLayer(BatchNormalization, {
    args: { momentum: 0.7, epsilon: 0.01 },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 4,
  });
  checkLayer(BatchNormalization, {
    args: { momentum: 0.7, epsilon: 0.01, center: false, scale: false },
    inputs: [[5, 7, 11]],
    output: [5, 7, 11],
    weights: 2,
  });
});

describe("GroupNormalization", () => {
  checkLayer(GroupNormalization, {
    args: { groups: 3, epsilon: 0.01, scale: false },
    inputs: [[2, 5, 7, 33]],
    output: [2, 5, 7, 33],
    weights: 1,
  });
});
