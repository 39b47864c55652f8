"""torch.nn.functional.conv2d with groups: values and the gradients of input, kernel and bias."""

from torch.nn.functional import conv2d

from common import layer_case, nchw, nhwc, oihw, save

# name, x [b, h, w, c], window, groups, filters, strides, padding (pixels)
CASES = [
    ("one group", [2, 5, 7, 3], [3, 3], 1, 5, [1, 1], 1),
    ("two groups", [2, 5, 7, 6], [3, 3], 2, 10, [1, 1], 1),
    ("three groups, more out than in", [1, 7, 5, 6], [3, 3], 3, 15, [1, 1], 1),
    ("depthwise", [2, 5, 7, 7], [3, 3], 7, 7, [1, 1], 1),
    ("depthwise, two out of each", [2, 5, 3, 5], [3, 3], 5, 10, [1, 1], 1),
    ("1x1 window", [2, 3, 5, 14], [1, 1], 7, 7, [1, 1], 0),
    ("no padding", [2, 7, 5, 6], [3, 3], 2, 4, [1, 1], 0),
    ("stride 2, padding 1", [2, 7, 11, 6], [3, 3], 3, 9, [2, 2], 1),
    ("unequal strides", [2, 7, 11, 4], [3, 3], 2, 6, [2, 3], 1),
    ("unequal window", [2, 7, 5, 6], [2, 5], 2, 6, [1, 1], 0),
    ("5x5, padding 2", [1, 7, 11, 4], [5, 5], 2, 6, [1, 1], 2),
    ("padding wider than the window needs", [2, 3, 5, 6], [3, 3], 3, 3, [1, 1], 2),
    ("stride wider than the window", [2, 11, 7, 4], [2, 2], 2, 6, [3, 3], 0),
    ("ResNeXt's ratio", [1, 3, 5, 32], [3, 3], 8, 32, [1, 1], 1),
]

cases = []
for seed, (name, shape, window, groups, filters, strides, padding) in enumerate(CASES):

    def forward(inputs, weights):
        x, kernel, bias = nchw(inputs[0]), oihw(weights["kernel"]), weights["bias"]
        return nhwc(conv2d(x, kernel, bias, stride=strides, padding=padding, groups=groups))

    args = {
        "filters": filters,
        "kernelSize": window,
        "groups": groups,
        "strides": strides,
        "padding": padding,
    }
    weights = [
        ("kernel", [*window, shape[3] // groups, filters], 1.0, 0.0),
        ("bias", [filters], 1.0, 0.0),
    ]
    cases.append(layer_case(name, seed, args, [shape], weights, forward))
save(["torch"], cases)
