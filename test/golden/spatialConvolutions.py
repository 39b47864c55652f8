"""torch's conv1d and conv3d with groups, and its conv_transpose3d: values and gradients."""

import torch
from torch.nn.functional import conv1d, conv3d, conv_transpose3d, pad

from common import layer_case, save


def first(x):
    """Channels behind the batch."""
    return torch.movedim(x, -1, 1)


def last(x):
    return torch.movedim(x, 1, -1)


def out_in(kernel):
    """[...window, in, out] -> [out, in, ...window]"""
    return torch.movedim(kernel, [-1, -2], [0, 1])


def same(x, window, strides):
    """Keras' "same": as many zeros as the output needs, one more at the end."""
    borders = []
    for size, width, step in zip(reversed(x.shape[2:]), reversed(window), reversed(strides)):
        total = max((-(-size // step) - 1) * step + width - size, 0)
        borders += [total // 2, total - total // 2]
    return pad(x, borders)


cases = []
# x, filters, window, strides, groups, padding
CONV3D = [
    ([2, 3, 5, 4, 6], 9, [3, 3, 3], [1, 1, 1], 3, "same"),
    ([1, 5, 4, 7, 2], 4, [3, 2, 1], [2, 1, 2], 1, "valid"),
    ([1, 4, 3, 5, 4], 2, [3, 1, 3], [1, 2, 1], 2, 1),
]
CONV1D = [
    ([2, 11, 6], 9, [3], [1], 3, "same"),
    ([3, 13, 4], 2, [5], [2], 2, "valid"),
    ([1, 7, 2], 3, [3], [2], 1, 1),
]
for layer, function, settings in [("GroupedConv3D", conv3d, CONV3D), ("GroupedConv1D", conv1d, CONV1D)]:
    for seed, (shape, filters, window, strides, groups, padding) in enumerate(settings):

        def forward(inputs, w):
            x = first(inputs[0])
            x = same(x, window, strides) if padding == "same" else x
            border = padding if isinstance(padding, int) else 0
            y = function(x, out_in(w["kernel"]), w["bias"], strides, border, 1, groups)
            return last(y)

        one = lambda sizes: sizes[0] if layer == "GroupedConv1D" else sizes
        args = {"filters": filters, "kernelSize": one(window), "strides": one(strides)}
        args |= {"groups": groups, "padding": padding}
        weights = [("kernel", [*window, shape[-1] // groups, filters], 0.5, 0.0), ("bias", [filters], 0.5, 0.0)]
        name = f"x {shape}, " + ", ".join(f"{key} {value}" for key, value in args.items())
        cases.append({"layer": layer, **layer_case(name, 10 + seed, args, [shape], weights, forward)})

# x, filter [kd, kh, kw, out, in] of the size of the strides
for seed, (shape, window, outputs) in enumerate([([2, 2, 3, 2, 3], [2, 2, 2], 5), ([1, 3, 2, 5, 2], [1, 2, 3], 4)], 30):

    def forward(inputs, w):
        kernel = torch.movedim(inputs[1], [-1, -2], [0, 1])
        return last(conv_transpose3d(first(inputs[0]), kernel, stride=window))

    inputs = [shape, [*window, outputs, shape[-1]]]
    case = layer_case(f"x {shape}, strides {window}", seed, {"strides": window}, inputs, [], forward)
    cases.append({"layer": "conv3dTranspose", **case})
save(["torch"], cases)
