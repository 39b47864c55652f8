/**
 * Classes up to which a softmax with a class a row is faster on a processor than TensorFlow's ops, which
 * go pixel by pixel: its maxima and sums then run along memory.
 */
export const FEW_CLASSES = 16;
