// One line per op: importing a file registers its native form under the name in core/ops.
import "./adamUpdate";
import "./argsort";
import "./batchNorm";
import "./checkNumerics";
import "./conv2dTranspose";
import "./einsum";
import "./fusedAttention";
import "./gatherRows";
import "./groupedConv2d";
import "./print";
import "./relu";
import "./resizeBilinear";
import "./runAfter";
import "./scan";
import "./sparseSoftmaxCrossEntropy";
import "./statelessRandom";
