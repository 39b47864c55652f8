"""U-Net's encoder and decoder levels written with torch's own operations."""

import torch
from torch.nn.functional import batch_norm, conv2d, conv_transpose2d, max_pool2d

from common import layer_case, nchw, nhwc, norm_state, norm_weights, oihw, save


def conv_weights(path, window, channels, filters, normalization):
    """A convolution with its norm, or with a bias where there is none; `path` has one {}."""
    conv, norm = path.format("conv"), path.format("norm")
    deviation = (2 / (window * window * channels)) ** 0.5
    kernel = (f"{conv}/kernel", [window, window, channels, filters], deviation, 0.0)
    if normalization == "none":
        return [kernel, (f"{conv}/bias", [filters], 0.2, 0.0)]
    return [kernel, *norm_weights(norm, filters)]


def unit(x, w, path, training):
    conv, norm = path.format("conv"), path.format("norm")
    kernel = oihw(w[f"{conv}/kernel"])
    y = conv2d(x, kernel, w.get(f"{conv}/bias"), padding=kernel.shape[-1] // 2)
    if f"{norm}/gamma" not in w:
        return y
    n = norm_state(w, norm, "n")
    mean, variance = n["n.running_mean"], n["n.running_var"]
    return batch_norm(y, mean, variance, n["n.weight"], n["n.bias"], training, 0.1, 1e-5)


def block_weights(kind, channels, filters, normalization):
    weights = conv_weights("block/{}1", 3, channels, filters, normalization)
    weights += conv_weights("block/{}2", 3, filters, filters, normalization)
    if kind == "resnet":
        weights += conv_weights("block/{}Shortcut", 1, channels, filters, normalization)
    return weights


def block(kind, x, w, training):
    y = unit(torch.relu(unit(x, w, "block/{}1", training)), w, "block/{}2", training)
    if kind == "resnet":
        y = y + unit(x, w, "block/{}Shortcut", training)
    return torch.relu(y)


# x [b, h, w, c], skip, filters, block, normalisation, training
DECODERS = [
    ([2, 3, 5, 4], [2, 6, 10, 3], 2, "conv", "batch", True),
    ([2, 3, 5, 4], [2, 6, 10, 3], 2, "conv", "batch", False),
    ([2, 3, 5, 4], [2, 5, 9, 2], 3, "conv", "batch", True),
    ([1, 2, 3, 7], [1, 3, 5, 5], 2, "conv", "none", True),
    ([1, 2, 3, 7], [1, 4, 5, 5], 2, "conv", "none", True),
    ([2, 3, 2, 5], [2, 5, 4, 2], 3, "resnet", "batch", True),
    ([2, 3, 2, 5], [2, 5, 4, 2], 3, "resnet", "batch", False),
    ([2, 2, 3, 3], [2, 4, 6, 5], 2, "resnet", "none", True),
    ([1, 5, 3, 3], [1, 9, 6, 2], 2, "resnet", "none", True),
    ([3, 1, 2, 5], [3, 2, 3, 3], 2, "resnet", "none", True),
    ([1, 2, 2, 3], [1, 5, 7, 2], 2, "conv", "none", True),
    ([1, 1, 1, 11], [1, 1, 1, 3], 5, "resnet", "none", True),
]
# x, filters, block, normalisation, training; the output is the pooled one
ENCODERS = [
    ([2, 6, 10, 3], 4, "conv", "batch", True),
    ([2, 6, 10, 3], 4, "conv", "batch", False),
    ([2, 5, 7, 3], 2, "conv", "none", True),
    ([1, 7, 11, 2], 3, "conv", "batch", True),
    ([2, 5, 3, 2], 5, "resnet", "batch", True),
    ([2, 5, 3, 2], 5, "resnet", "none", True),
    ([1, 4, 3, 5], 2, "resnet", "none", True),
    ([3, 3, 2, 2], 3, "conv", "none", True),
    ([1, 1, 1, 7], 2, "conv", "none", True),
    ([2, 2, 9, 3], 4, "resnet", "batch", False),
    ([1, 11, 2, 3], 2, "conv", "none", True),
    ([2, 3, 7, 2], 3, "resnet", "batch", True),
]

cases = []
for seed, (x_shape, skip_shape, filters, kind, normalization, training) in enumerate(DECODERS):
    channels = x_shape[3]
    weights = [("up/kernel", [2, 2, filters, channels], channels**-0.5, 0.0)]
    if normalization != "batch":
        weights.append(("up/bias", [filters], 0.2, 0.0))
    weights += block_weights(kind, skip_shape[3] + filters, filters, normalization)

    def forward(inputs, w):
        x, skip = (nchw(value) for value in inputs)
        up = conv_transpose2d(x, w["up/kernel"].permute(3, 2, 0, 1), stride=2)
        bottom, right = (skip.shape[axis] - up.shape[axis] for axis in (2, 3))
        # A negative padding crops; the bias follows, so that padding holds it too.
        up = torch.nn.functional.pad(up, (0, right, 0, bottom))
        if "up/bias" in w:
            up = up + w["up/bias"][:, None, None]
        return nhwc(block(kind, torch.cat([skip, up], 1), w, training))

    name = f"x {x_shape}, skip {skip_shape}, {kind}, {normalization}"
    name += " in training" if training else " in use"
    args = {"filters": filters, "block": kind, "normalization": normalization}
    case = layer_case(name, seed, args, [x_shape, skip_shape], weights, forward, training)
    cases.append({"layer": "UNetDecoderBlock", **case})
for seed, (shape, filters, kind, normalization, training) in enumerate(ENCODERS, 100):
    weights = block_weights(kind, shape[3], filters, normalization)

    def forward(inputs, w):
        return nhwc(max_pool2d(block(kind, nchw(inputs[0]), w, training), 2, 2, ceil_mode=True))

    name = f"x {shape}, {kind}, {normalization}" + (" in training" if training else " in use")
    args = {"filters": filters, "block": kind, "normalization": normalization}
    case = layer_case(name, seed, args, [shape], weights, forward, training)
    cases.append({"layer": "UNetEncoderBlock", **case})

# Two blocks one after the other; the second has no projection.
for seed, (shape, filters, normalization, training) in enumerate(
    [([2, 5, 7, 3], 4, "batch", True), ([1, 3, 2, 5], 2, "none", True)], 200
):
    weights = block_weights("resnet", shape[3], filters, normalization)
    weights += conv_weights("block2/{}1", 3, filters, filters, normalization)
    weights += conv_weights("block2/{}2", 3, filters, filters, normalization)

    def forward(inputs, w):
        x = block("resnet", nchw(inputs[0]), w, training)
        y = unit(torch.relu(unit(x, w, "block2/{}1", training)), w, "block2/{}2", training)
        return nhwc(max_pool2d(torch.relu(x + y), 2, 2, ceil_mode=True))

    name = f"x {shape}, two resnet blocks, {normalization} in training"
    args = {"filters": filters, "block": "resnet", "blocks": 2, "normalization": normalization}
    case = layer_case(name, seed, args, [shape], weights, forward, training)
    cases.append({"layer": "UNetEncoderBlock", **case})
save(["torch"], cases)
