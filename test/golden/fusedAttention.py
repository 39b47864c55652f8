"""torch's scaled_dot_product_attention at sizes of several tiles: every 37th value of output and gradients."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from common import Draw, rounded, save

STRIDE = 37

# batch, queries, keys, dim, valueDim, causal
CASES = [
    (2, 131, 131, 16, 48, True),
    (3, 67, 97, 48, 16, False),
    (1, 97, 131, 80, 32, False),
    (2, 139, 71, 32, 64, True),
    (1, 5, 3, 16, 16, False),
]

cases = []
for seed, (batch, queries, keys, dim, value_dim, causal) in enumerate(CASES):
    draw = Draw(seed)
    shapes = [[batch, queries, dim], [batch, keys, dim], [batch, keys, value_dim]]
    given = [torch.tensor(draw(shape), requires_grad=True) for shape in shapes]
    output = scaled_dot_product_attention(*given, is_causal=causal)
    output.backward(torch.tensor(draw(list(output.shape))))
    cases.append(
        {
            "name": f"{shapes}, causal {causal}",
            "seed": seed,
            "shapes": shapes,
            "causal": causal,
            "output": rounded(output.detach().flatten()[::STRIDE]),
            "gradients": [rounded(x.grad.flatten()[::STRIDE]) for x in given],
        }
    )
save(["torch"], cases)
