"""torch's scaled_dot_product_attention: values and gradients, masks, causal, scale."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from common import Draw, rounded, save

# batch axes, queries, keys, dim, valueDim, mask, causal, scale
CASES = [
    ([2], 5, 7, 3, 11, "none", False, None),
    ([1], 1, 1, 2, 3, "none", False, None),
    ([], 7, 5, 3, 2, "none", False, None),
    ([2, 3], 5, 7, 11, 2, "none", False, None),
    ([2, 3], 7, 7, 5, 3, "none", True, None),
    ([3], 5, 11, 7, 2, "none", True, None),
    ([2], 11, 5, 3, 7, "none", True, 0.3),
    ([2, 3], 5, 7, 11, 3, "bool [queries, keys]", False, None),
    ([2, 3], 5, 7, 2, 3, "bool [2, 1, 1, keys]", False, 1.7),
    ([2, 3], 5, 7, 2, 3, "bool [2, 3, queries, 1]", False, None),
    ([2, 3], 5, 7, 3, 2, "float [queries, keys]", False, None),
    ([2, 3], 5, 7, 3, 2, "float [2, 1, 1, keys]", False, None),
    ([2], 3, 13, 5, 17, "float [2, queries, keys]", False, 0.5),
    ([2], 13, 17, 2, 3, "bool [2, queries, keys]", False, None),
]

cases = []
for seed, (batch, queries, keys, dim, value_dim, mask, causal, scale) in enumerate(CASES):
    draw = Draw(seed)
    shapes = [[*batch, queries, dim], [*batch, keys, dim], [*batch, keys, value_dim]]
    given = [torch.tensor(draw(shape), requires_grad=True) for shape in shapes]
    kind, _, sizes = mask.partition(" ")
    mask_shape = None
    bias = None
    if kind != "none":
        names = {"queries": queries, "keys": keys}
        mask_shape = [names.get(size) or int(size) for size in sizes.strip("[]").split(", ")]
        bias = torch.tensor(draw(mask_shape))
        # More than half may attend; a row of nothing gives 0 in both.
        bias = bias > -0.5 if kind == "bool" else bias.requires_grad_()
    output = scaled_dot_product_attention(*given, attn_mask=bias, is_causal=causal, scale=scale)
    output.backward(torch.tensor(draw(list(output.shape))))
    gradients = [rounded(x.grad) for x in given]
    if kind == "float":
        gradients.append(rounded(bias.grad))
    cases.append(
        {
            "name": f"{shapes}, mask {mask}, causal {causal}, scale {scale}",
            "seed": seed,
            "shapes": shapes,
            "maskKind": kind,
            "maskShape": mask_shape,
            "causal": causal,
            "scale": scale,
            "output": rounded(output.detach()),
            "gradients": gradients,
        }
    )
save(["torch"], cases)
