"""A small GPT's training step in PyTorch: scaled_dot_product_attention and fused Adam.

    python bench/transformer/torchTransformer.py BATCH TOKENS WIDTH HEADS BLOCKS VOCABULARY torch|torch-compile
"""

import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from serve import serve  # noqa: E402

batch, tokens, width, heads, blocks, vocabulary = (int(size) for size in sys.argv[1:7])
implementation = sys.argv[7]
torch.set_num_threads(2)
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        split = self.inner(self.norm1(x)).view(batch, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(*split, is_causal=True)
        x = x + self.outer(y.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.blocks = nn.Sequential(*(Block() for _ in range(blocks)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)

    def forward(self, words):
        return self.head(self.norm(self.blocks(self.words(words) + self.positions)))


model = GPT().train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
rng = np.random.RandomState(7)
words, following = (
    torch.from_numpy(rng.randint(0, vocabulary, (batch, tokens)).astype("int64")) for _ in range(2)
)
forward = torch.compile(model) if implementation == "torch-compile" else model


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(forward(words).flatten(0, 1), following.flatten())
    loss.backward()
    optimizer.step()
    return float(loss.detach())


serve(step, parameters=sum(p.numel() for p in model.parameters()))
