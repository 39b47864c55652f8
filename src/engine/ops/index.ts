// One line an op: importing a file registers its native form under the name in core/ops.
import "./batchNorm";
import "./groupedConv2d";
import "./relu";
import "./sparseSoftmaxCrossEntropy";
import "./statelessRandom";
