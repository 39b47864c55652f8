import type { ShapeContext, ShapeFunction } from "./graph";
import { arithmeticShapes } from "./shapeRules/arithmetic";
import { arrangingShapes } from "./shapeRules/arranging";
import { convolutionShapes } from "./shapeRules/convolution";
import { ownOpShapes } from "./ownOpDefs";
import { ShapeMismatch } from "./shapeRules/mismatch";

const likeFirst: ShapeFunction = ({ shapes }) => [shapes[0]];

const rules: Record<string, ShapeFunction> = {
  ...convolutionShapes,
  ...arithmeticShapes,
  ...arrangingShapes,
  ...ownOpShapes,
  NoOp: () => [],
};
for (const name of (
  "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Cos Cosh DeepCopy Elu Erf Exp Expm1 Floor Identity " +
  "IsFinite IsInf IsNan LRN LeakyRelu Log Log1p LogSoftmax LogicalNot Neg OnesLike Reciprocal Relu " +
  "Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softmax Softplus Sqrt Square StopGradient Tan Tanh " +
  "ZerosLike ClipByValue Cumprod Cumsum InvertPermutation LRNGrad Real Imag ComplexAbs ReverseV2 " +
  "TensorScatterUpdate FFT IFFT"
).split(" ")) {
  rules[name] = likeFirst;
}

/**
 * Infers the shapes of an op's outputs from those of its inputs, without running it; `null` for an op
 * without a rule (the recorder then runs it on zeros).
 *
 * @throws ShapeMismatch if the input shapes are incompatible
 */
export function inferShapes(op: string, node: ShapeContext): number[][] | null {
  const rule = rules[op] as ShapeFunction | undefined;
  if (rule === undefined) return null;
  try {
    const outputs = rule(node).map((shape) => [...shape]);
    const wrong = outputs.find((shape) =>
      shape.some((size) => !Number.isInteger(size) || size < 0),
    );
    if (wrong === undefined) return outputs;
    const given = node.shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ");
    throw new ShapeMismatch(
      `inputs that ${op} can take`,
      `${given}, which gives [${wrong.join(", ")}]`,
    );
  } catch (error) {
    if (error instanceof RangeError) return null; // a variant of the op that the rule does not cover
    throw error;
  }
}
