"""Writes src/engine/opDefs.ts: the definitions in TensorFlow's registry of all ops that a graph may contain.

    .venv/bin/python scripts/opDefs.py
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402
from tensorflow.core.framework import types_pb2  # noqa: E402
from tensorflow.python.framework import op_def_registry  # noqa: E402

NAMES = """
Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh AssignVariableOp Atan Atan2 Atanh
AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchMatMul BatchMatMulV2 BatchToSpaceND BiasAdd
BiasAddGrad Bincount BlockLSTMV2 BroadcastArgs BroadcastTo Cast Ceil CheckNumerics ClipByValue Complex ComplexAbs ConcatV2
Const Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2
Conv3DBackpropInputV2 Cos Cosh CropAndResize Cumprod Cumsum DeepCopy DepthToSpace
DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag
Dilation2D Dilation2DBackpropFilter Dilation2DBackpropInput Div DivNoNan Einsum Elu EluGrad Equal
Erf Exp ExpandDims Expm1 FFT Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormGradV3
FusedBatchNormV3 GatherNd GatherV2 Greater GreaterEqual IFFT Identity Imag InvertPermutation
IsFinite IsInf IsNan L2Loss LRN LRNGrad LeakyRelu LeakyReluGrad Less LessEqual LinSpace Log Log1p
LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad
Maximum Mean Min Minimum MirrorPad Mod Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
Placeholder Pow Prod Range ReadVariableOp Real RealDiv Reciprocal Relu Relu6 ReluGrad Reshape
ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad ResourceApplyAdam
ResourceApplyGradientDescent ReverseV2 Round Rsqrt RsqrtGrad ScatterNd Select SelectV2 Selu
SeluGrad Shape Sigmoid SigmoidGrad Sign Sin Sinh Slice Softmax SoftmaxCrossEntropyWithLogits Softplus
SpaceToBatchND SparseSoftmaxCrossEntropyWithLogits SparseToDense Split SplitV Sqrt SqrtGrad Square
SquaredDifference Squeeze StatelessRandomNormal StatelessRandomUniform StatelessTruncatedNormal
StopGradient StridedSlice Sub Sum Tan Tanh TanhGrad TensorListFromTensor TensorListGetItem
TensorListReserve TensorListSetItem TensorListStack TensorScatterUpdate Tile TopKV2 Transpose Unpack
UnsortedSegmentSum VarHandleOp While Xdivy ZerosLike
""".split()

FIXED = {
    types_pb2.DT_FLOAT: "float32",
    types_pb2.DT_INT32: "int32",
    types_pb2.DT_INT64: "int64",
    types_pb2.DT_BOOL: "bool",
    types_pb2.DT_RESOURCE: "resource",
    types_pb2.DT_COMPLEX64: "complex64",
    types_pb2.DT_VARIANT: "variant",
}


def argument(arg):
    if arg.type_list_attr:
        return f"{arg.name}:{arg.type_list_attr}[]"
    kind = f"={FIXED.get(arg.type, arg.type)}" if arg.type else arg.type_attr
    return f"{arg.name}:{kind}" + (f"*{arg.number_attr}" if arg.number_attr else "")


def line(name):
    op = op_def_registry.get(name)
    return " ".join([*map(argument, op.input_arg), ">", *map(argument, op.output_arg)])


with open("src/engine/opDefs.ts", "w") as out:
    out.write("// Written by scripts/opDefs.py from TensorFlow's own registry: change that instead.\n")
    out.write(f'export const OP_DEFS_VERSION = "{tf.__version__}";\n\n')
    out.write("/** Inputs and outputs by op: `name:Attr`, `name:=type`, `name:Attr*Count` or `name:Types[]`. */\n")
    out.write("export const OP_DEFS: Readonly<Record<string, string>> = {\n")
    for name in sorted(NAMES):
        out.write(f'  {name}: "{line(name)}",\n')
    out.write("};\n")
