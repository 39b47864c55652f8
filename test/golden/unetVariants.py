"""The blocks of R2U-Net and MultiResUNet written with torch's own operations, as their papers and public code have them."""

import torch
from torch.nn.functional import batch_norm, conv2d, conv_transpose2d, interpolate, pad

from common import layer_case, nchw, nhwc, norm_state, norm_weights, oihw, save


def kernel(path, window, channels, filters):
    return (f"{path}/kernel", [window, window, channels, filters], (2 / (window**2 * channels)) ** 0.5, 0.0)


def unit_weights(suffix, window, channels, filters, scale=True):
    """A convolution without bias and its batch norm, with or without a factor."""
    norm = [w for w in norm_weights(f"norm{suffix}", filters) if scale or not w[0].endswith("gamma")]
    return [kernel(f"conv{suffix}", window, channels, filters), *norm]


def norm(x, w, name, training):
    w = {f"{name}/gamma": torch.ones(x.shape[1]), **w}
    n = norm_state(w, name, "n")
    return batch_norm(x, n["n.running_mean"], n["n.running_var"], n["n.weight"], n["n.bias"], training, 0.1, 1e-5)


def unit(x, w, suffix, training):
    weights = oihw(w[f"conv{suffix}/kernel"]).contiguous()
    return norm(conv2d(x, weights, padding=weights.shape[-1] // 2), w, f"norm{suffix}", training)


cases = []


def add(layer, seed, args, shapes, weights, forward, training):
    name = f"{', '.join(str(s) for s in shapes)}, {args}, {'in training' if training else 'in use'}"
    case = layer_case(name, seed, args, shapes, weights, lambda i, w: nhwc(forward([nchw(x) for x in i], w)), training)
    cases.append({"layer": layer, **case})


# x [b, h, w, c], filters, steps, training
for seed, (shape, filters, steps, training) in enumerate(
    [
        ([2, 3, 5, 4], 3, 2, True),
        ([2, 3, 5, 4], 3, 2, False),
        ([1, 7, 5, 2], 2, 3, True),
        ([2, 2, 3, 5], 5, 1, True),
        ([3, 5, 2, 1], 2, 0, True),
    ]
):
    weights = [kernel("projection", 1, shape[3], filters), ("projection/bias", [filters], 0.2, 0.0)]
    weights += unit_weights("1", 3, filters, filters) + unit_weights("2", 3, filters, filters)

    def recurrent(inputs, w, steps=steps, training=training):
        p = conv2d(inputs[0], oihw(w["projection/kernel"]).contiguous(), w["projection/bias"])
        x = p
        for suffix in "12":
            y = torch.relu(unit(x, w, suffix, training))
            for _ in range(steps):
                y = torch.relu(unit(x + y, w, suffix, training))
            x = y
        return p + x

    add("RecurrentConvBlock", seed, {"filters": filters, "steps": steps}, [shape], weights, recurrent, training)

# x, filters, alpha, training
for seed, (shape, filters, alpha, training) in enumerate(
    [
        ([2, 3, 5, 4], 8, 1.67, True),
        ([2, 3, 5, 4], 8, 1.67, False),
        ([1, 7, 5, 2], 4, 1.67, True),
        ([3, 2, 3, 5], 6, 1.3, True),
    ],
    100,
):
    sizes = [int(alpha * filters * share) for share in (0.167, 0.333, 0.5)]
    total = sum(sizes)
    weights = unit_weights("Shortcut", 1, shape[3], total, scale=False)
    channels = shape[3]
    for index, size in enumerate(sizes):
        weights += unit_weights(str(index + 1), 3, channels, size, scale=False)
        channels = size
    weights += norm_weights("joinedNorm", total) + norm_weights("sumNorm", total)

    def multi_res(inputs, w, training=training):
        parts = []
        for suffix in "123":
            parts.append(torch.relu(unit(parts[-1] if parts else inputs[0], w, suffix, training)))
        joined = norm(torch.cat(parts, 1), w, "joinedNorm", training)
        return norm(torch.relu(unit(inputs[0], w, "Shortcut", training) + joined), w, "sumNorm", training)

    add("MultiResBlock", seed, {"filters": filters, "alpha": alpha}, [shape], weights, multi_res, training)

# x, filters, length, training
for seed, (shape, filters, length, training) in enumerate(
    [([2, 3, 5, 4], 3, 1, True), ([2, 3, 5, 4], 3, 3, True), ([2, 5, 2, 3], 5, 2, False), ([1, 7, 3, 2], 2, 4, True)],
    200,
):
    weights = []
    for index in range(1, length + 1):
        channels = shape[3] if index == 1 else filters
        weights += unit_weights(f"Shortcut{index}", 1, channels, filters, scale=False)
        weights += unit_weights(str(index), 3, channels, filters, scale=False)
        weights += norm_weights(f"sumNorm{index}", filters)

    def res_path(inputs, w, length=length, training=training):
        x = inputs[0]
        for index in range(1, length + 1):
            sum_ = unit(x, w, f"Shortcut{index}", training) + torch.relu(unit(x, w, str(index), training))
            x = norm(torch.relu(sum_), w, f"sumNorm{index}", training)
        return x

    add("ResPath", seed, {"filters": filters, "length": length}, [shape], weights, res_path, training)

# x, skip, filters, upsampling, training
for seed, (shape, skip, filters, upsampling, training) in enumerate(
    [
        ([2, 3, 5, 4], [2, 6, 10, 3], 2, "nearest", True),
        ([2, 3, 5, 4], [2, 5, 9, 2], 3, "nearest", False),
        ([1, 2, 3, 5], [1, 4, 7, 1], 2, "nearest", True),
        ([2, 3, 5, 4], [2, 6, 10, 3], 2, "transposed", True),
        ([1, 2, 3, 5], [1, 3, 7, 2], 3, "transposed", True),
    ],
    300,
):
    weights = unit_weights("1", 3, shape[3], filters)
    if upsampling == "transposed":
        weights = [("up/kernel", [2, 2, filters, shape[3]], shape[3] ** -0.5, 0.0), ("up/bias", [filters], 0.2, 0.0)]

    def upsample(inputs, w, upsampling=upsampling, training=training):
        x, other = inputs
        if upsampling == "nearest":
            up = torch.relu(unit(interpolate(x, scale_factor=2, mode="nearest"), w, "1", training))
        else:
            up = conv_transpose2d(x, w["up/kernel"].permute(3, 2, 0, 1), w["up/bias"], stride=2)
        bottom, right = (other.shape[axis] - up.shape[axis] for axis in (2, 3))
        return torch.cat([other, pad(up, (0, right, 0, bottom))], 1)

    args = {"filters": filters, "upsampling": upsampling}
    add("UpsampleConcat", seed, args, [shape, skip], weights, upsample, training)

save(["torch"], cases)
