"""torchvision's Bottleneck with groups (ResNeXt) and BasicBlock, with all gradients and running statistics."""

import torch
from torch.func import functional_call
from torchvision.models.resnet import BasicBlock, Bottleneck

from common import layer_case, nchw, nhwc, norm_state, norm_weights, oihw, save


def kernels(stages, shortcut):
    """Weights of convolutions with norms: (suffix, window, in, out) each."""
    weights = []
    for suffix, window, channels, filters in [*stages, *shortcut]:
        deviation = (2 / (window * window * channels)) ** 0.5
        weights.append((f"conv{suffix}/kernel", [window, window, channels, filters], deviation, 0.0))
        weights += norm_weights(f"norm{suffix}", filters)
    return weights


def state(tensors, suffixes):
    entries = {}
    for suffix in suffixes:
        conv, norm = (
            ("downsample.0", "downsample.1")
            if suffix == "Shortcut"
            else (f"conv{suffix}", f"bn{suffix}")
        )
        entries[f"{conv}.weight"] = oihw(tensors[f"conv{suffix}/kernel"])
        entries |= norm_state(tensors, f"norm{suffix}", norm)
    return entries


def block_case(name, seed, layer, module, args, shape, weights, training):
    suffixes = [n.split("/")[0][4:] for n, *_ in weights if n.endswith("kernel")]
    module.train(training)

    def forward(inputs, tensors):
        # ReLU in place would overwrite what the check compares.
        return nhwc(functional_call(module, state(tensors, suffixes), (nchw(inputs[0]),)))

    args = {**args, "epsilon": 1e-5, "momentum": 0.9}
    return {"layer": layer, **layer_case(name, seed, args, [shape], weights, forward, training)}


def downsample(channels, filters, stride):
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, filters, 1, stride, bias=False), torch.nn.BatchNorm2d(filters)
    )


# x [b, h, w, c], planes, groups, base width, stride
BOTTLENECKS = [
    ([2, 3, 5, 8], 2, 1, 64, 1),
    ([2, 3, 5, 8], 2, 2, 64, 1),
    ([2, 5, 3, 8], 2, 3, 64, 1),
    ([1, 5, 7, 8], 2, 5, 32, 1),
    ([2, 3, 5, 3], 2, 2, 64, 1),
    ([2, 5, 3, 7], 3, 2, 64, 1),
    ([2, 5, 7, 8], 2, 2, 64, 2),
    ([2, 7, 5, 5], 3, 3, 64, 2),
    ([1, 7, 11, 4], 2, 2, 64, 3),
    ([2, 4, 6, 8], 2, 2, 64, 2),
    ([3, 2, 3, 12], 3, 3, 64, 1),
    ([2, 3, 2, 16], 4, 2, 64, 1),
]
# x, filters, stride
BASICS = [
    ([2, 3, 5, 3], 3, 1),
    ([2, 5, 3, 3], 5, 1),
    ([2, 5, 7, 3], 3, 2),
    ([2, 7, 5, 3], 5, 2),
    ([1, 3, 11, 5], 5, 1),
    ([3, 3, 2, 7], 3, 1),
    ([2, 4, 6, 3], 4, 2),
    ([1, 7, 3, 2], 7, 1),
    ([2, 3, 3, 5], 2, 3),
    ([2, 5, 2, 4], 4, 1),
    ([1, 11, 5, 2], 3, 2),
    ([2, 2, 7, 3], 3, 1),
]

cases = []
for seed, (shape, planes, groups, base_width, stride) in enumerate(BOTTLENECKS):
    width, filters = int(planes * base_width / 64) * groups, planes * 4
    shortcut = stride != 1 or shape[3] != filters
    module = Bottleneck(
        shape[3],
        planes,
        stride,
        downsample(shape[3], filters, stride) if shortcut else None,
        groups,
        base_width,
    )
    weights = kernels(
        [("1", 1, shape[3], width), ("2", 3, width // groups, width), ("3", 1, width, filters)],
        [("Shortcut", 1, shape[3], filters)] if shortcut else [],
    )
    args = {"filters": filters, "cardinality": groups, "width": width, "strides": stride}
    for training in (True, False):
        name = f"x {shape}, {groups} paths, {filters} filters, stride {stride}"
        name += " in training" if training else " in use"
        cases.append(
            block_case(name, seed, "ResNeXtBlock", module, args, shape, weights, training)
        )
for seed, (shape, filters, stride) in enumerate(BASICS, 100):
    shortcut = stride != 1 or shape[3] != filters
    module = BasicBlock(
        shape[3], filters, stride, downsample(shape[3], filters, stride) if shortcut else None
    )
    weights = kernels(
        [("1", 3, shape[3], filters), ("2", 3, filters, filters)],
        [("Shortcut", 1, shape[3], filters)] if shortcut else [],
    )
    args = {"filters": filters, "strides": stride}
    name = f"x {shape}, {filters} filters, stride {stride}"
    cases.append(block_case(name, seed, "ResNetBlock", module, args, shape, weights, True))
save(["torch", "torchvision"], cases)
