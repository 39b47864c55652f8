import * as tf from "@tensorflow/tfjs";
import type { OpAttr } from "../binding";
import { attr, rawOp } from "../rawOp";

/** TensorFlow's attributes of a convolution and of both of its gradient ops. */
export type ConvolutionAttrs = readonly OpAttr[];

const sizes = (shape: readonly number[]): tf.Tensor => tf.tensor1d([...shape], "int32");

/** `product(a, b)` with gradients of both operands, differentiable to any order. */
function bilinear(
  a: tf.Tensor,
  b: tf.Tensor,
  product: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  gradients: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => [tf.Tensor, tf.Tensor],
): tf.Tensor {
  return tf.customGrad((first, second, save) => {
    const [x, y] = [first as tf.Tensor, second as tf.Tensor];
    (save as tf.GradSaveFunc)([x, y]);
    const gradFunc = (dy: tf.Tensor, [left, right]: tf.Tensor[]): tf.Tensor[] =>
      gradients(dy, left, right);
    return { value: product(x, y), gradFunc };
  })(a, b);
}

// A convolution, its input gradient and its filter gradient are each bilinear, and the gradients of
// each are the other two. So gradients of any order are correct.

/** `Conv2D`; the number of groups follows from the shapes. */
export function convolve(x: tf.Tensor, filter: tf.Tensor, attrs: ConvolutionAttrs): tf.Tensor {
  const { shape } = filter;
  return bilinear(
    x,
    filter,
    (image, kernel) => rawOp("Conv2D", attrs, [image, kernel]),
    (dy, image, kernel) => [
      inputGradient(image.shape, kernel, dy, attrs),
      filterGradient(image, shape, dy, attrs),
    ],
  );
}

/** `Conv2DBackpropInput`: an image of `shape`. */
export function inputGradient(
  shape: readonly number[],
  filter: tf.Tensor,
  dy: tf.Tensor,
  attrs: ConvolutionAttrs,
): tf.Tensor {
  return bilinear(
    filter,
    dy,
    (kernel, spread) => rawOp("Conv2DBackpropInput", attrs, [sizes(shape), kernel, spread]),
    (g, kernel, spread) => [
      filterGradient(g, kernel.shape, spread, attrs),
      convolve(g, kernel, attrs),
    ],
  );
}

/**
 * `Conv2DBackpropFilter`: a filter of `shape`. For a pointwise convolution it is a matrix product,
 * which is faster.
 */
export function filterGradient(
  x: tf.Tensor,
  shape: readonly number[],
  dy: tf.Tensor,
  attrs: ConvolutionAttrs,
): tf.Tensor {
  if (isPointwise(x, shape, dy)) {
    const [, , inputs, outputs] = shape;
    const product = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(dy, [-1, outputs]), true);
    return tf.reshape(product, [...shape]);
  }
  return bilinear(
    x,
    dy,
    (image, spread) => rawOp("Conv2DBackpropFilter", attrs, [image, sizes(shape), spread]),
    (g, image, spread) => [inputGradient(image.shape, g, spread, attrs), convolve(image, g, attrs)],
  );
}

/**
 * Whether each output pixel depends only on the input pixel at the same position, with one channel
 * group.
 */
function isPointwise(x: tf.Tensor, [height, width, inputs]: readonly number[], dy: tf.Tensor) {
  const isInPlace = x.shape[1] === dy.shape[1] && x.shape[2] === dy.shape[2];
  return height * width === 1 && isInPlace && x.shape[3] === inputs;
}

/** @param vertical and horizontal strides */
export function convolutionAttrs(
  strides: readonly [number, number],
  padding: "SAME" | "VALID",
): ConvolutionAttrs {
  return [
    attr.type("T", "float32"),
    attr.ints("strides", [1, ...strides, 1]),
    attr.string("padding", padding),
  ];
}
