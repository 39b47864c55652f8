"""torch's TransformerEncoderLayer, torchvision's Swin block, lucidrains' rotary embedding and the paper's sines."""

import math
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
import torch
from local_attention.rotary import SinusoidalEmbeddings, apply_rotary_pos_emb
from torchvision.models.swin_transformer import SwinTransformerBlock

from common import layer_case, save

# x [batch, tokens, channels], heads, middle channels, our arguments
CASES = [
    ([2, 5, 6], 2, 7, {"normalizeFirst": True, "activation": "gelu"}),
    ([2, 7, 6], 3, 5, {"normalizeFirst": False, "activation": "relu"}),
    ([3, 5, 4], 1, 11, {"normalizeFirst": True, "activation": "relu", "causal": True}),
    ([1, 11, 8], 4, 3, {"normalizeFirst": False, "activation": "gelu", "epsilon": 0.01}),
]


def encoder_state(w, channels):
    """Our weights under torch's names."""
    parts = ["query", "key", "value"]
    kernels = [w[f"attention/{p}/kernel"].reshape(channels, channels).T for p in parts]
    biases = [w[f"attention/{p}/bias"].reshape(channels) for p in parts]
    return {
        "self_attn.in_proj_weight": torch.cat(kernels),
        "self_attn.in_proj_bias": torch.cat(biases),
        "self_attn.out_proj.weight": w["attention/attention_output/kernel"].reshape(channels, channels).T,
        "self_attn.out_proj.bias": w["attention/attention_output/bias"],
        "linear1.weight": w["mlp1/kernel"].T,
        "linear1.bias": w["mlp1/bias"],
        "linear2.weight": w["mlp2/kernel"].T,
        "linear2.bias": w["mlp2/bias"],
        "norm1.weight": w["norm1/gamma"],
        "norm1.bias": w["norm1/beta"],
        "norm2.weight": w["norm2/gamma"],
        "norm2.bias": w["norm2/beta"],
    }


def block_weights(channels, heads, middle):
    size = channels // heads
    weights = []
    for norm in ["norm1", "norm2"]:
        weights += [(f"{norm}/gamma", [channels], 0.2, 1.0), (f"{norm}/beta", [channels], 0.2, 0.0)]
    for part in ["query", "key", "value"]:
        weights.append((f"attention/{part}/kernel", [channels, heads, size], 0.5, 0.0))
        weights.append((f"attention/{part}/bias", [heads, size], 0.2, 0.0))
    weights.append(("attention/attention_output/kernel", [heads, size, channels], 0.5, 0.0))
    weights.append(("attention/attention_output/bias", [channels], 0.2, 0.0))
    weights += [("mlp1/kernel", [channels, middle], 0.5, 0.0), ("mlp1/bias", [middle], 0.2, 0.0)]
    weights += [("mlp2/kernel", [middle, channels], 0.5, 0.0), ("mlp2/bias", [channels], 0.2, 0.0)]
    return weights


cases = []
for seed, (shape, heads, middle, extra) in enumerate(CASES):
    _, tokens, channels = shape
    layer = torch.nn.TransformerEncoderLayer(
        channels,
        heads,
        middle,
        dropout=0.0,
        activation=extra["activation"],
        layer_norm_eps=extra.get("epsilon", 1e-5),
        batch_first=True,
        norm_first=extra["normalizeFirst"],
    )
    mask = None
    if extra.get("causal"):
        mask = torch.nn.Transformer.generate_square_subsequent_mask(tokens)

    def forward(inputs, w):
        state = encoder_state(w, channels)
        return torch.func.functional_call(layer, state, (inputs[0],), {"src_mask": mask})

    args = {"numHeads": heads, "intermediateDim": middle, **extra}
    name = f"x {shape}, " + ", ".join(f"{key} {value}" for key, value in args.items())
    weights = block_weights(channels, heads, middle)
    cases.append({"layer": "TransformerBlock", **layer_case(name, seed, args, [shape], weights, forward)})

# x [batch, height, width, channels], heads, window, shift, middle channels over channels
SWIN = [
    ([2, 4, 6, 4], 2, [2, 3], [0, 0], 2),
    ([1, 5, 7, 6], 3, [3, 2], [1, 1], 1.5),
]


def swin_state(w):
    """Our weights under torchvision's names."""
    state = {"attn.relative_position_bias_table": w["attention/relativePositionBias"]}
    dense = {
        "attn.qkv": "attention/qkv",
        "attn.proj": "attention/attention_output",
        "mlp.0": "mlp1",
        "mlp.3": "mlp2",
    }
    for theirs, ours in dense.items():
        state[f"{theirs}.weight"] = w[f"{ours}/kernel"].T
        state[f"{theirs}.bias"] = w[f"{ours}/bias"]
    for norm in ["norm1", "norm2"]:
        state[f"{norm}.weight"], state[f"{norm}.bias"] = w[f"{norm}/gamma"], w[f"{norm}/beta"]
    return state


for seed, (shape, heads, window, shift, ratio) in enumerate(SWIN, 20):
    channels = shape[-1]
    middle = int(channels * ratio)
    layer = SwinTransformerBlock(channels, heads, window, shift, ratio)

    def forward(inputs, w):
        return torch.func.functional_call(layer, swin_state(w), (inputs[0],))

    weights = []
    for norm in ["norm1", "norm2"]:
        weights += [(f"{norm}/gamma", [channels], 0.2, 1.0), (f"{norm}/beta", [channels], 0.2, 0.0)]
    sizes = {
        "attention/qkv": (channels, 3 * channels),
        "attention/attention_output": (channels, channels),
        "mlp1": (channels, middle),
        "mlp2": (middle, channels),
    }
    for name, (inputs, outputs) in sizes.items():
        weights += [(f"{name}/kernel", [inputs, outputs], 0.5, 0.0), (f"{name}/bias", [outputs], 0.2, 0.0)]
    offsets = (2 * window[0] - 1) * (2 * window[1] - 1)
    weights.append(("attention/relativePositionBias", [offsets, heads], 0.5, 0.0))
    args = {
        **{"numHeads": heads, "attention": "window", "intermediateDim": middle},
        **{"windowSize": window, "shiftSize": shift},
    }
    case = layer_case(f"x {shape}, window {window}, shift {shift}", seed, args, [shape], weights, forward)
    cases.append({"layer": "SwinTransformerBlock", **case})

for seed, shape in enumerate([[2, 3, 7, 4], [1, 2, 5, 10]], 100):

    def forward(inputs, w):
        dim = shape[-1]
        frequencies, scale = SinusoidalEmbeddings(dim)(inputs[0])
        return apply_rotary_pos_emb(inputs[0], inputs[0], frequencies, scale=scale)[0]

    cases.append({"layer": "rotaryEmbedding", **layer_case(f"x {shape}", seed, {}, [shape], [], forward)})

for seed, (shape, wavelength) in enumerate([([2, 7, 4], 10000), ([1, 5, 3], 50)], 200):

    def forward(inputs, w):
        _, tokens, channels = shape
        table = torch.zeros(tokens, channels)
        for p in range(tokens):
            for c in range(channels):
                i = c // 2
                angle = p / wavelength ** (2 * i / channels)
                table[p, c] = math.sin(angle) if c == 2 * i else math.cos(angle)
        return inputs[0] + table

    case = layer_case(f"x {shape}, {wavelength}", seed, {"maxWavelength": wavelength}, [shape], [], forward)
    cases.append({"layer": "SinePositionEncoding", **case})

    def learned(inputs, w):
        return inputs[0] + w["embeddings"][: shape[1]]

    args = {"sequenceLength": shape[1] + 2}
    weights = [("embeddings", [shape[1] + 2, shape[2]], 1.0, 0.0)]
    case = layer_case(f"x {shape}", seed + 50, args, [shape], weights, learned)
    cases.append({"layer": "PositionEmbedding", **case})

save(["torch", "torchvision", "local-attention"], cases)
