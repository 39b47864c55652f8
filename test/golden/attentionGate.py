"""MONAI's AttentionBlock (same grid, batch norm), and the gate's equations with a coarser gating signal."""

import torch
from monai.networks.nets.attentionunet import AttentionBlock
from torch.func import functional_call
from torch.nn.functional import conv2d, interpolate

from common import layer_case, nchw, nhwc, norm_state, norm_weights, oihw, save

# x [b, h, w, c], g, filters, normalisation, training
CASES = [
    ([2, 5, 7, 3], [2, 5, 7, 11], 2, "batch", True),
    ([2, 7, 5, 5], [2, 7, 5, 3], 7, "batch", True),
    ([1, 11, 3, 2], [1, 11, 3, 7], 3, "batch", True),
    ([3, 2, 7, 5], [3, 2, 7, 2], 5, "batch", True),
    ([2, 5, 7, 3], [2, 5, 7, 11], 2, "batch", False),
    ([2, 7, 5, 5], [2, 7, 5, 3], 7, "batch", False),
    ([2, 5, 7, 3], [2, 5, 7, 11], 2, "none", True),
    ([2, 6, 10, 3], [2, 3, 5, 7], 5, "none", True),
    ([2, 7, 13, 3], [2, 3, 5, 7], 5, "none", True),
    ([1, 11, 5, 2], [1, 2, 3, 5], 3, "none", True),
    ([2, 5, 3, 7], [2, 1, 1, 11], 2, "none", True),
    ([2, 3, 2, 5], [2, 7, 5, 3], 3, "none", True),
    ([2, 8, 12, 2], [2, 4, 6, 3], 3, "batch", True),
    ([2, 7, 5, 3], [2, 4, 3, 2], 5, "batch", False),
]


def convolution(name, channels, filters, with_bias):
    kernel = (f"conv{name}/kernel", [1, 1, channels, filters], channels**-0.5, 0.0)
    return [kernel, (f"conv{name}/bias", [filters], 0.2, 0.0)] if with_bias else [kernel]


cases = []
for seed, (x_shape, g_shape, filters, normalization, training) in enumerate(CASES):
    with_norm = normalization == "batch"
    weights = []
    for name, channels, out in [
        ("X", x_shape[3], filters),
        ("G", g_shape[3], filters),
        ("Psi", filters, 1),
    ]:
        weights += convolution(name, channels, out, not with_norm)
        if with_norm:
            weights += norm_weights(f"norm{name}", out)
    module = AttentionBlock(2, filters, g_shape[3], x_shape[3]).train(training)
    theirs = {"X": "W_x", "G": "W_g", "Psi": "psi"}

    def monai(x, g, w):
        state = {}
        for name, prefix in theirs.items():
            state[f"{prefix}.0.conv.weight"] = oihw(w[f"conv{name}/kernel"])
            # A bias before batch norm does nothing; ours has none.
            state[f"{prefix}.0.conv.bias"] = torch.zeros(w[f"conv{name}/kernel"].shape[3])
            state |= norm_state(w, f"norm{name}", f"{prefix}.1")
        return functional_call(module, state, (g, x))

    def unit(x, w, name):
        y = conv2d(x, oihw(w[f"conv{name}/kernel"]), w.get(f"conv{name}/bias"))
        if not with_norm:
            return y
        norm = norm_state(w, f"norm{name}", "n")
        mean, variance = norm["n.running_mean"], norm["n.running_var"]
        return torch.nn.functional.batch_norm(
            y, mean, variance, norm["n.weight"], norm["n.bias"], training, 0.1, 1e-5
        )

    def equations(x, g, w):
        spread = interpolate(unit(g, w, "G"), x.shape[2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(unit(torch.relu(unit(x, w, "X") + spread), w, "Psi"))

    is_monai = with_norm and x_shape[:3] == g_shape[:3]

    def forward(inputs, w):
        x, g = (nchw(value) for value in inputs)
        return nhwc((monai if is_monai else equations)(x, g, w))

    name = f"x {x_shape}, g {g_shape}, {'MONAI' if is_monai else 'equations'}"
    name += " in training" if training else " in use"
    args = {"filters": filters, "normalization": normalization}
    cases.append(layer_case(name, seed, args, [x_shape, g_shape], weights, forward, training))
save(["torch", "monai"], cases)
