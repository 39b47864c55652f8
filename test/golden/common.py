"""What the golden scripts of layers share: draws that both languages make alike, and the fixture's form.

Run a script with the environment of bench/requirements.txt: python test/golden/NAME.py
"""

import importlib.metadata
import json
import pathlib
import sys

import numpy
import torch


class Draw:
    """Tensors from NumPy's RandomState, drawn in the order of the calls (createRandom in TypeScript)."""

    def __init__(self, seed):
        self.random = numpy.random.RandomState(seed)

    def __call__(self, shape, scale=1.0, shift=0.0):
        count = int(numpy.prod(shape))
        values = self.random.standard_normal(count) * scale + shift
        return values.astype(numpy.float32).reshape(shape)


def rounded(array):
    """Flat values with seven significant digits: float32's."""
    flat = numpy.asarray(array, dtype=numpy.float64).ravel()
    return [float(f"{value:.6e}") for value in flat]


def save(packages, cases):
    """Writes NAME.json beside NAME.py."""
    path = pathlib.Path(sys.argv[0]).resolve().with_suffix(".json")
    versions = {name: importlib.metadata.version(name) for name in [*packages, "numpy"]}
    lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(f'{{"versions": {json.dumps(versions)},\n "cases": [\n{lines}\n]}}\n')
    print(path.name, len(cases), "cases", path.stat().st_size, "bytes", versions)


def nchw(x):
    """[b, h, w, c] -> [b, c, h, w]"""
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    """[b, c, h, w] -> [b, h, w, c]"""
    return x.permute(0, 2, 3, 1)


def oihw(kernel):
    """[kh, kw, in, out] -> [out, in, kh, kw]"""
    return kernel.permute(3, 2, 0, 1)


def layer_case(name, seed, args, inputs, weights, forward, training=True):
    """One case of a layer: draws inputs, weights and the gradient of the output, in this order.

    inputs   shapes
    weights  (name, shape, scale, shift) in the layer's own layout; names that begin with "moving_"
             (after the last slash) are buffers
    forward  (inputs, {name: tensor}) -> output, all channels last; buffers may be changed in place
    """
    draw = Draw(seed)
    given = [torch.tensor(draw(shape), requires_grad=True) for shape in inputs]
    tensors = {}
    for weight, shape, scale, shift in weights:
        values = draw(shape, scale, shift)
        is_buffer = weight.split("/")[-1].startswith("moving_")
        if weight.endswith("moving_variance"):
            values = numpy.abs(values)
        tensors[weight] = torch.tensor(values, requires_grad=not is_buffer)
    output = forward(given, tensors)
    output.backward(torch.tensor(draw(list(output.shape))))
    gradients = {f"input{i}": rounded(x.grad) for i, x in enumerate(given)}
    buffers = {}
    for weight, tensor in tensors.items():
        if tensor.requires_grad:
            gradients[weight] = rounded(tensor.grad)
        elif training:
            buffers[weight] = rounded(tensor)
    return {
        "name": name,
        "seed": seed,
        "args": args,
        "training": training,
        "inputs": inputs,
        "weights": weights,
        "outputShape": list(output.shape),
        "output": rounded(output.detach()),
        "gradients": gradients,
        "buffers": buffers,
    }


def norm_weights(name, channels):
    """The weights of a batch norm: near one and zero, and not at them."""
    return [
        (f"{name}/gamma", [channels], 0.2, 1.0),
        (f"{name}/beta", [channels], 0.2, 0.0),
        (f"{name}/moving_mean", [channels], 0.2, 0.0),
        (f"{name}/moving_variance", [channels], 0.2, 1.0),
    ]


def norm_state(tensors, ours, theirs):
    """The entries of a torch state dict for one of our batch norms."""
    return {
        f"{theirs}.weight": tensors[f"{ours}/gamma"],
        f"{theirs}.bias": tensors[f"{ours}/beta"],
        f"{theirs}.running_mean": tensors[f"{ours}/moving_mean"],
        f"{theirs}.running_var": tensors[f"{ours}/moving_variance"],
    }
