"""A training step in optimized PyTorch: channels_last, fused Adam.

    python bench/step/torchStep.py MODEL BATCH SIZE torch|torch-compile|torch-bfloat16|torch-compile-bfloat16
"""

import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from networks import build  # noqa: E402
from serve import serve  # noqa: E402

name, batch, size, implementation = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(2)
torch.manual_seed(1)
model = build(name, size).to(memory_format=torch.channels_last).train()
parameters = sum(p.numel() for p in model.parameters()) + sum(
    b.numel() for n, b in model.named_buffers() if "running" in n
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
rng = np.random.RandomState(7)
images = torch.from_numpy(rng.rand(batch, 1, size, size).astype("float32"))
images = images.contiguous(memory_format=torch.channels_last)
labels = torch.from_numpy(rng.randint(0, 3, (batch, size, size)))
forward = torch.compile(model) if "compile" in implementation else model


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bfloat16" in implementation):
        logits = forward(images)
    loss = torch.nn.functional.cross_entropy(logits.float(), labels)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


serve(step, parameters=parameters)
