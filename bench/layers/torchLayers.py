"""torch's grouped convolution, ResNeXt block and multi-head attention, forward and backward.

    python bench/layers/torchLayers.py LAYER BATCH HEIGHT WIDTH CHANNELS contiguous|channels-last
"""

import pathlib
import sys

import numpy as np
import torch
from torchvision.models.resnet import Bottleneck

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from serve import serve  # noqa: E402

name, layout = sys.argv[1], sys.argv[6]
batch, height, width, channels = (int(size) for size in sys.argv[2:6])
torch.set_num_threads(2)
torch.manual_seed(1)
memory = torch.channels_last if layout == "channels-last" else torch.contiguous_format

if name == "groupedConv":
    model = torch.nn.Conv2d(channels, channels, 3, padding=1, groups=32, bias=False)
elif name == "resnext":
    # planes * 4 output channels; the width of all paths together is planes * base_width / 64 * 32.
    model = Bottleneck(channels, channels // 4, groups=32, base_width=8)
else:
    model = torch.nn.MultiheadAttention(channels, 4, batch_first=True)
is_image = name != "multiHead"
if is_image:
    model = model.to(memory_format=memory)
model.train()
shape = [batch, channels, height, width] if is_image else [batch, height * width, channels]
rng = np.random.RandomState(7)


def draw():
    tensor = torch.from_numpy(rng.randn(*shape).astype("float32"))
    return tensor.contiguous(memory_format=memory) if is_image else tensor


x, direction = draw().requires_grad_(), draw()


def step():
    model.zero_grad(set_to_none=True)
    x.grad = None
    y = model(x) if is_image else model(x, x, x, need_weights=False)[0]
    loss = (y * direction).sum()
    loss.backward()
    return float(loss.detach())


step()
serve(step, parameters=sum(p.numel() for p in model.parameters()))
