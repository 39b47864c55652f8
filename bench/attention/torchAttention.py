"""Attention with 128 channels and 4 heads, and its gradients: reformer-pytorch's, or torch's full attention.

    python bench/attention/torchAttention.py BATCH LENGTH reformer-pytorch|torch
"""

import pathlib
import sys

import numpy as np
import torch
from reformer_pytorch import LSHSelfAttention

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from serve import serve  # noqa: E402

batch, length, implementation = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
CHANNELS, HEADS = 128, 4
torch.set_num_threads(2)
torch.manual_seed(1)


class FullAttention(torch.nn.Module):
    """Projections around scaled_dot_product_attention, which does not store all pairs."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(CHANNELS, 3 * CHANNELS)
        self.outer = torch.nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        heads = self.inner(x).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        y = torch.nn.functional.scaled_dot_product_attention(*heads)
        return self.outer(y.transpose(1, 2).reshape(batch, length, CHANNELS))


if implementation == "torch":
    model = FullAttention()
else:
    model = LSHSelfAttention(
        dim=CHANNELS,
        heads=HEADS,
        bucket_size=64,
        n_hashes=4,
        causal=False,
        attend_across_buckets=True,
        allow_duplicate_attention=True,
        num_mem_kv=0,
    )
model.train()
rng = np.random.RandomState(7)
x = torch.from_numpy(rng.randn(batch, length, CHANNELS).astype("float32")).requires_grad_()
direction = torch.from_numpy(rng.randn(batch, length, CHANNELS).astype("float32"))


def step():
    model.zero_grad(set_to_none=True)
    x.grad = None
    loss = (model(x) * direction).sum()
    loss.backward()
    return float(loss)


serve(step, parameters=sum(p.numel() for p in model.parameters()))
