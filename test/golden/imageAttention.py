"""torchvision's squeeze-and-excitation and shifted window attention, CBAM's equations: values and gradients."""

import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
import torch
from torch.nn.functional import conv2d, linear, relu
from torchvision.models.swin_transformer import shifted_window_attention
from torchvision.ops import SqueezeExcitation

from common import layer_case, nchw, nhwc, oihw, save


def dense_weights(name, inputs, outputs):
    return [(f"{name}/kernel", [inputs, outputs], 0.5, 0.0), (f"{name}/bias", [outputs], 0.3, 0.0)]


cases = []
for seed, (shape, ratio) in enumerate([([2, 5, 7, 6], 2), ([3, 4, 3, 11], 5)]):
    channels = shape[-1]
    narrow = channels // ratio

    def forward(inputs, w):
        state = {}
        for theirs, ours in [("fc1", "squeeze"), ("fc2", "excite")]:
            state[f"{theirs}.weight"] = w[f"{ours}/kernel"].T[:, :, None, None]
            state[f"{theirs}.bias"] = w[f"{ours}/bias"]
        return nhwc(torch.func.functional_call(SqueezeExcitation(channels, narrow), state, nchw(inputs[0])))

    weights = dense_weights("squeeze", channels, narrow) + dense_weights("excite", narrow, channels)
    case = layer_case(f"x {shape}, ratio {ratio}", seed, {"ratio": ratio}, [shape], weights, forward)
    cases.append({"layer": "SqueezeExcitation", **case})

for seed, (shape, ratio, window) in enumerate([([2, 5, 7, 6], 2, 3), ([1, 9, 8, 5], 3, 7)], 20):
    channels = shape[-1]
    narrow = channels // ratio

    def forward(inputs, w):
        x = inputs[0]

        def shared(pooled):
            middle = relu(linear(pooled, w["squeeze/kernel"].T, w["squeeze/bias"]))
            return linear(middle, w["excite/kernel"].T, w["excite/bias"])

        x = x * torch.sigmoid(shared(x.mean((1, 2))) + shared(x.amax((1, 2))))[:, None, None, :]
        pooled = torch.stack([x.amax(-1), x.mean(-1)], 1)
        pixels = conv2d(pooled, oihw(w["pixels/kernel"]), padding=window // 2)
        return x * torch.sigmoid(nhwc(pixels))

    weights = dense_weights("squeeze", channels, narrow) + dense_weights("excite", narrow, channels)
    weights.append(("pixels/kernel", [window, window, 2, 1], 0.3, 0.0))
    args = {"ratio": ratio, "kernelSize": window}
    case = layer_case(f"x {shape}, {args}", seed, args, [shape], weights, forward)
    cases.append({"layer": "CBAM", **case})

WINDOWS = [
    ([2, 4, 6, 4], 2, [2, 3], [0, 0]),
    ([1, 6, 4, 6], 3, [2, 2], [1, 1]),
    ([1, 5, 7, 4], 1, [3, 2], [1, 1]),
    ([1, 3, 8, 4], 2, [3, 4], [1, 2]),
]
for seed, (shape, heads, window, shift) in enumerate(WINDOWS, 40):
    channels = shape[-1]
    offsets = (2 * window[0] - 1) * (2 * window[1] - 1)
    rows, columns = window
    grid = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")).flatten(1)
    relative = grid[:, :, None] - grid[:, None, :]
    index = (relative[0] + rows - 1) * (2 * columns - 1) + relative[1] + columns - 1

    def forward(inputs, w):
        bias = w["relativePositionBias"][index.flatten()].view(rows * columns, rows * columns, heads)
        return shifted_window_attention(
            inputs[0],
            w["qkv/kernel"].T,
            w["attention_output/kernel"].T,
            bias.permute(2, 0, 1)[None],
            window,
            heads,
            list(shift),
            qkv_bias=w["qkv/bias"],
            proj_bias=w["attention_output/bias"],
        )

    weights = dense_weights("qkv", channels, 3 * channels) + dense_weights("attention_output", channels, channels)
    weights.append(("relativePositionBias", [offsets, heads], 0.5, 0.0))
    args = {"numHeads": heads, "windowSize": window, "shiftSize": shift}
    case = layer_case(f"x {shape}, {args}", seed, args, [shape], weights, forward)
    cases.append({"layer": "WindowAttention", **case})
save(["torch", "torchvision"], cases)
