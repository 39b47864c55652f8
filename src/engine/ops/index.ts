// One line an op: importing a file registers its native form under the name in core/ops.
import "./adamUpdate";
import "./argsort";
import "./batchNorm";
import "./einsum";
import "./gatherRows";
import "./groupedConv2d";
import "./relu";
import "./runAfter";
import "./sparseSoftmaxCrossEntropy";
import "./statelessRandom";
