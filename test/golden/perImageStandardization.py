"""TensorFlow's per_image_standardization: values and gradients."""

import os
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow
import torch

from common import layer_case, save


class Standardize(torch.autograd.Function):
    """TensorFlow's function and its gradient, for layer_case."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.tensor(tensorflow.image.per_image_standardization(x.detach().numpy()).numpy())

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        image = tensorflow.constant(x.detach().numpy())
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            y = tensorflow.image.per_image_standardization(image)
        return torch.tensor(tape.gradient(y, image, gradient.numpy()).numpy())


cases = [
    layer_case(f"x {shape}", seed, {}, [shape], [], lambda inputs, _: Standardize.apply(inputs[0]))
    for seed, shape in enumerate([[2, 3, 5, 2], [1, 7, 4, 1]])
]
save(["tensorflow-cpu", "torch"], cases)
