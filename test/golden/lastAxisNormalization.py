"""torch's layer_norm and rms_norm: values and gradients; Keras' layers are held to the same values here."""

import os
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy
import torch
from torch.nn.functional import layer_norm, rms_norm

from common import layer_case, save

# x, epsilon
CASES = [
    ([2, 7, 5], 1e-3),
    ([2, 3, 5, 7], 1e-5),
    ([2, 3, 2, 5, 2], 0.1),
    ([5, 13], 1e-6),
]
cases = []
for seed, (shape, epsilon) in enumerate(CASES):
    channels = shape[-1]

    def layer(inputs, w):
        y = layer_norm(inputs[0], [channels], w["gamma"], w["beta"], epsilon)
        keras_layer = keras.layers.LayerNormalization(epsilon=epsilon)
        keras_layer.build(shape)
        keras_layer.set_weights([w["gamma"].detach().numpy(), w["beta"].detach().numpy()])
        numpy.testing.assert_allclose(
            keras_layer(inputs[0]).detach().numpy(), y.detach().numpy(), atol=2e-5, rtol=1e-4
        )
        return y

    def rms(inputs, w):
        y = rms_norm(inputs[0], [channels], w["scale"], epsilon)
        keras_layer = keras.layers.RMSNormalization(epsilon=epsilon)
        keras_layer.build(shape)
        keras_layer.set_weights([w["scale"].detach().numpy()])
        numpy.testing.assert_allclose(
            keras_layer(inputs[0]).detach().numpy(), y.detach().numpy(), atol=2e-5, rtol=1e-4
        )
        return y

    name = f"x {shape}, epsilon {epsilon}"
    weights = [("gamma", [channels], 0.2, 1.0), ("beta", [channels], 0.2, 0.0)]
    case = layer_case(name, seed, {"epsilon": epsilon}, [shape], weights, layer)
    cases.append({"layer": "LayerNormalization", **case})
    weights = [("scale", [channels], 0.2, 1.0)]
    case = layer_case(name, 50 + seed, {"epsilon": epsilon}, [shape], weights, rms)
    cases.append({"layer": "RMSNormalization", **case})
save(["torch", "keras"], cases)
