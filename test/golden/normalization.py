"""torch's GroupNorm and BatchNorm2d: values, gradients and running statistics."""

import torch
from torch.nn.functional import batch_norm, group_norm

from common import layer_case, nchw, nhwc, save

# x [b, …, c], groups, epsilon
GROUP = [
    ([2, 5, 7, 6], 2, 1e-3),
    ([2, 5, 7, 6], 3, 1e-5),
    ([2, 5, 7, 6], 6, 1e-3),
    ([2, 5, 7, 6], 1, 1e-3),
    ([3, 7, 5, 15], 5, 1e-3),
    ([3, 7, 5, 15], 3, 0.1),
    ([1, 3, 11, 14], 7, 1e-3),
    ([1, 2, 2, 32], 32, 1e-1),
    ([5, 3, 2, 4], 2, 1e-3),
    ([2, 13, 6], 3, 1e-3),
    ([2, 11, 10], 5, 1e-5),
    ([2, 3, 5, 7, 4], 2, 1e-3),
]
# x [b, h, w, c], epsilon, momentum (share kept), training
BATCH = [
    ([2, 5, 7, 3], 1e-3, 0.99, True),
    ([2, 5, 7, 3], 1e-5, 0.9, True),
    ([2, 5, 7, 3], 0.1, 0.5, True),
    ([1, 3, 5, 7], 1e-3, 0.0, True),
    ([7, 1, 1, 5], 1e-3, 0.9, True),
    ([3, 2, 11, 2], 1e-3, 0.9, True),
    ([2, 7, 3, 13], 1e-3, 0.7, True),
    ([5, 2, 3, 1], 1e-3, 0.9, True),
    ([2, 5, 7, 3], 1e-3, 0.99, False),
    ([1, 3, 5, 7], 1e-5, 0.9, False),
    ([3, 2, 11, 2], 0.1, 0.9, False),
    ([7, 1, 1, 5], 1e-3, 0.9, False),
]


def first(x):
    """Channels behind the batch."""
    return torch.movedim(x, -1, 1)


cases = []
for seed, (shape, groups, epsilon) in enumerate(GROUP):
    channels = shape[-1]

    def forward(inputs, w):
        y = group_norm(first(inputs[0]), groups, w["gamma"], w["beta"], epsilon)
        return torch.movedim(y, 1, -1)

    weights = [("gamma", [channels], 0.2, 1.0), ("beta", [channels], 0.2, 0.0)]
    name = f"x {shape}, {groups} groups, epsilon {epsilon}"
    args = {"groups": groups, "epsilon": epsilon}
    case = layer_case(name, seed, args, [shape], weights, forward)
    cases.append({"layer": "GroupNormalization", **case})
for seed, (shape, epsilon, momentum, training) in enumerate(BATCH, 100):
    channels = shape[-1]

    def forward(inputs, w):
        mean, variance = w["moving_mean"], w["moving_variance"]
        arguments = (w["gamma"], w["beta"], training, 1 - momentum, epsilon)
        return nhwc(batch_norm(nchw(inputs[0]), mean, variance, *arguments))

    weights = [
        ("gamma", [channels], 0.2, 1.0),
        ("beta", [channels], 0.2, 0.0),
        ("moving_mean", [channels], 0.5, 0.0),
        ("moving_variance", [channels], 0.2, 1.0),
    ]
    name = f"x {shape}, epsilon {epsilon}, momentum {momentum}"
    name += " in training" if training else " in use"
    args = {"epsilon": epsilon, "momentum": momentum}
    case = layer_case(name, seed, args, [shape], weights, forward, training)
    cases.append({"layer": "BatchNormalization", **case})
save(["torch"], cases)
