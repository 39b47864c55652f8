/**
 * Up to this many classes, a softmax with one row per class is faster on a CPU than TensorFlow's ops,
 * which go pixel by pixel: its maxima and sums read contiguous memory.
 */
export const FEW_CLASSES = 16;
