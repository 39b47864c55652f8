"""The blocks over one and three axes of space, written with torch's own operations: values and gradients.

torchvision has BasicBlock and Bottleneck for images only, so the equations stand here; residualBlocks.py
holds the same layers to torchvision over two axes.
"""

import torch
from torch.nn import functional as f

from common import layer_case, norm_weights, save

CONV = {1: f.conv1d, 3: f.conv3d}
TRANSPOSED = {1: f.conv_transpose1d, 3: f.conv_transpose3d}
POOL = {1: f.max_pool1d, 3: f.max_pool3d}
EPSILON = 1e-5


def first(x):
    """Channels behind the batch."""
    return torch.movedim(x, -1, 1)


def last(x):
    return torch.movedim(x, 1, -1)


def weights_of(dims, path, window, channels, filters, normalization, groups=1):
    """A convolution with its norm, or with a bias where there is none; `path` has one {}."""
    conv, norm = path.format("conv"), path.format("norm")
    deviation = (2 / (window**dims * channels / groups)) ** 0.5
    kernel = (f"{conv}/kernel", [window] * dims + [channels // groups, filters], deviation, 0.0)
    if normalization == "none":
        return [kernel, (f"{conv}/bias", [filters], 0.2, 0.0)]
    return [kernel, *norm_weights(norm, filters)[: 4 if normalization == "batch" else 2]]


def norm(x, w, path, training):
    scale, shift = w[f"{path}/gamma"], w[f"{path}/beta"]
    if f"{path}/moving_mean" in w:
        mean, variance = w[f"{path}/moving_mean"], w[f"{path}/moving_variance"]
        return f.batch_norm(x, mean, variance, scale, shift, training, 0.1, EPSILON)
    channels = x.shape[1]
    groups = max(count for count in range(1, 9) if channels % count == 0)
    return f.group_norm(x, groups, scale, shift, EPSILON)


def unit(dims, x, w, path, training, groups=1, stride=1):
    conv, norm_path = path.format("conv"), path.format("norm")
    kernel = torch.movedim(w[f"{conv}/kernel"], [-1, -2], [0, 1])
    y = CONV[dims](x, kernel, w.get(f"{conv}/bias"), stride, kernel.shape[-1] // 2, 1, groups)
    return norm(y, w, norm_path, training) if f"{norm_path}/gamma" in w else y


class Block:
    """A block of a kind: its weights, and what it computes."""

    def __init__(self, dims, kind, channels, filters, normalization, width=0, groups=1, stride=1, prefix=""):
        self.dims, self.kind, self.groups, self.stride, self.prefix = dims, kind, groups, stride, prefix
        sizes = {
            "conv": [(3, channels, filters, 1), (3, filters, filters, 1)],
            "resnet": [(3, channels, filters, 1), (3, filters, filters, 1)],
            "resnext": [(1, channels, width, 1), (3, width, width, groups), (1, width, filters, 1)],
        }[kind]
        self.weights, self.stages = [], []
        for number, (window, inputs, outputs, split) in enumerate(sizes, 1):
            path = f"{prefix}{{}}{number}"
            self.weights += weights_of(dims, path, window, inputs, outputs, normalization, split)
            self.stages.append((path, split))
        self.projects = kind != "conv" and (stride != 1 or channels != filters)
        if self.projects:
            self.weights += weights_of(dims, f"{prefix}{{}}Shortcut", 1, channels, filters, normalization)

    def __call__(self, x, w, training):
        strided = {"resnet": 0, "resnext": 1, "conv": None}[self.kind]
        y = x
        for index, (path, groups) in enumerate(self.stages):
            y = torch.relu(y) if index > 0 else y
            y = unit(self.dims, y, w, path, training, groups, self.stride if index == strided else 1)
        if self.kind == "conv":
            return torch.relu(y)
        path = f"{self.prefix}{{}}Shortcut"
        return torch.relu(y + (unit(self.dims, x, w, path, training, 1, self.stride) if self.projects else x))


def title(shapes, args, training):
    settings = ", ".join(f"{key} {value}" for key, value in args.items())
    return f"x {shapes}, {settings} in {'training' if training else 'use'}"


cases = []


def add(layer, seed, args, shapes, weights, forward, training=True):
    case = layer_case(title(shapes, args, training), seed, args, shapes, weights, forward, training)
    cases.append({"layer": layer, **case})


# layer, x, filters, normalisation, stride, cardinality, width, training
BLOCKS = [
    ("ConvBlock", [2, 7, 3], 4, "batch", 1, 1, 0, True),
    ("ConvBlock", [1, 3, 2, 4, 2], 3, "group", 1, 1, 0, True),
    ("ResNetBlock", [2, 9, 3], 3, "batch", 1, 1, 0, True),
    ("ResNetBlock", [2, 7, 3], 4, "group", 2, 1, 0, True),
    ("ResNetBlock", [2, 3, 4, 2, 3], 2, "batch", 2, 1, 0, True),
    ("ResNetBlock", [1, 2, 3, 5, 2], 2, "none", 1, 1, 0, True),
    ("ResNeXtBlock", [2, 9, 6], 6, "batch", 1, 2, 4, True),
    ("ResNeXtBlock", [3, 5, 4], 6, "none", 2, 3, 6, True),
    ("ResNeXtBlock", [2, 3, 4, 2, 4], 4, "batch", 1, 2, 4, True),
    ("ResNeXtBlock", [2, 3, 4, 2, 4], 4, "batch", 1, 2, 4, False),
    ("ResNeXtBlock", [1, 4, 3, 5, 3], 4, "group", 2, 2, 4, True),
]
for seed, (layer, shape, filters, normalization, stride, cardinality, width, training) in enumerate(BLOCKS):
    dims = len(shape) - 2
    kind = {"ConvBlock": "conv", "ResNetBlock": "resnet", "ResNeXtBlock": "resnext"}[layer]
    block = Block(dims, kind, shape[-1], filters, normalization, width, cardinality, stride)
    args = {"filters": filters, "spatialDims": dims, "normalization": normalization}
    if kind != "conv":
        args["strides"] = stride
    if kind == "resnext":
        args |= {"cardinality": cardinality, "width": width}
    forward = lambda inputs, w: last(block(first(inputs[0]), w, training))
    add(layer, seed, args, [shape], block.weights, forward, training)

# x, filters, block, normalisation; the output is the pooled one
ENCODERS = [
    ([2, 9, 3], 4, "conv", "batch"),
    ([1, 7, 2], 3, "resnet", "none"),
    ([1, 3, 5, 2, 2], 3, "conv", "group"),
    ([2, 2, 3, 4, 2], 2, "resnet", "batch"),
]
for seed, (shape, filters, kind, normalization) in enumerate(ENCODERS, 100):
    dims = len(shape) - 2
    block = Block(dims, kind, shape[-1], filters, normalization, prefix="block/")
    args = {"filters": filters, "spatialDims": dims, "block": kind, "normalization": normalization}
    forward = lambda inputs, w: last(
        POOL[dims](block(first(inputs[0]), w, True), 2, 2, ceil_mode=True)
    )
    add("UNetEncoderBlock", seed, args, [shape], block.weights, forward)

# x, skip, filters, block, normalisation
DECODERS = [
    ([2, 4, 3], [2, 8, 2], 3, "conv", "batch"),
    ([1, 3, 4], [1, 5, 3], 2, "resnet", "none"),
    ([1, 2, 1, 3, 3], [1, 4, 2, 5, 2], 2, "conv", "group"),
    ([2, 1, 2, 2, 4], [2, 2, 3, 4, 1], 3, "resnet", "batch"),
]
for seed, (x_shape, skip_shape, filters, kind, normalization) in enumerate(DECODERS, 200):
    dims = len(x_shape) - 2
    channels = x_shape[-1]
    block = Block(dims, kind, skip_shape[-1] + filters, filters, normalization, prefix="block/")
    weights = [("up/kernel", [2] * dims + [filters, channels], channels**-0.5, 0.0)]
    if normalization != "batch":
        weights.append(("up/bias", [filters], 0.2, 0.0))
    weights += block.weights

    def forward(inputs, w):
        x, skip = (first(value) for value in inputs)
        up = TRANSPOSED[dims](x, torch.movedim(w["up/kernel"], [-1, -2], [0, 1]), stride=2)
        up = up[(slice(None), slice(None), *(slice(size) for size in skip.shape[2:]))]
        if "up/bias" in w:
            up = up + w["up/bias"].reshape([-1] + [1] * dims)
        return last(block(torch.cat([skip, up], 1), w, True))

    args = {"filters": filters, "spatialDims": dims, "block": kind, "normalization": normalization}
    add("UNetDecoderBlock", seed, args, [x_shape, skip_shape], weights, forward)

for seed, (shape, training) in enumerate(
    [([3, 7, 5], True), ([2, 5, 3], False), ([2, 3, 2, 5, 3], True), ([1, 2, 3, 4, 2], False)], 300
):
    weights = [(name.split("/")[1], *rest) for name, *rest in norm_weights("n", shape[-1])]
    forward = lambda inputs, w: last(
        norm(first(inputs[0]), {f"n/{name}": tensor for name, tensor in w.items()}, "n", training)
    )
    args = {"epsilon": EPSILON, "momentum": 0.9}
    add("BatchNormalization", seed, args, [shape], weights, forward, training)
save(["torch"], cases)
