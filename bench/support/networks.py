"""The bench's networks in PyTorch, layer for layer as in src/models."""

import torch
from torch import nn
from torch.nn import functional as F


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1)


def conv_block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True),
    )


class Up(nn.Module):
    def __init__(self, inputs, filters, block, attention=None):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, filters, 2, stride=2, bias=False)
        self.attention = attention
        self.norm = norm(2 * filters) if attention is not None else None
        self.block = block

    def forward(self, x, skip):
        height, width = skip.shape[2:]
        y = torch.cat([skip, self.up(x)[:, :, :height, :width]], 1)
        if self.attention is not None:
            tokens = self.norm(y).flatten(2).transpose(1, 2)
            y = y + self.attention(tokens).transpose(1, 2).reshape(y.shape)
        return self.block(y)


class UNet(nn.Module):
    def __init__(self, encoder, decoder, stem=None, filters=16, depth=4, classes=3):
        super().__init__()
        widths = [filters * 2**level for level in range(depth + 1)]
        self.stem = nn.Identity() if stem is None else stem(1, filters)
        first = 1 if stem is None else filters
        self.down = nn.ModuleList(
            encoder(first if level == 0 else widths[level - 1], widths[level]) for level in range(depth + 1)
        )
        self.up = nn.ModuleList(
            decoder(widths[level + 1], widths[level]) for level in reversed(range(depth))
        )
        self.head = nn.Conv2d(filters, classes, 1)

    def forward(self, x):
        x = self.stem(x)
        skips = []
        for block in self.down[:-1]:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2, ceil_mode=True)
        x = self.down[-1](x)
        for up, skip in zip(self.up, reversed(skips)):
            x = up(x, skip)
        return self.head(x)


def stem(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True)
    )


class ResNeXtBlock(nn.Module):
    """1x1, grouped 3x3, 1x1, and the shortcut; see src/layers/ResNeXtBlock.ts."""

    def __init__(self, inputs, outputs, cardinality=8):
        super().__init__()
        # 8x4d at 16 channels: four channels per path, doubling at each level like the channels.
        inner = 2 * outputs
        self.path = nn.Sequential(
            nn.Conv2d(inputs, inner, 1, bias=False), norm(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, inner, 3, padding=1, groups=cardinality, bias=False), norm(inner),
            nn.ReLU(inplace=True), nn.Conv2d(inner, outputs, 1, bias=False), norm(outputs),
        )
        self.shortcut = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), norm(outputs))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


def resnext_level(inputs, outputs):
    return nn.Sequential(ResNeXtBlock(inputs, outputs), ResNeXtBlock(outputs, outputs))


class ResNetBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), norm(outputs),
        )
        self.shortcut = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), norm(outputs))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


def lsh_attention(channels, filters, tokens):
    """reformer-pytorch's attention over the pixels, padded to the length it requires."""
    from reformer_pytorch import Autopadder, LSHSelfAttention

    heads = max(1, filters // 16)
    attention = LSHSelfAttention(
        dim=channels, heads=heads, dim_head=16, bucket_size=64, n_hashes=4, causal=False,
        attn_chunks=1, full_attn_thres=0,
    )
    return Autopadder(attention)


def build(name, size):
    if name == "unet":
        return UNet(conv_block, lambda inputs, filters: Up(inputs, filters, conv_block(2 * filters, filters)))
    if name == "residualAttentionUnet":
        return UNet(
            resnext_level,
            lambda inputs, filters: Up(
                inputs, filters, ResNetBlock(2 * filters, filters), lsh_attention(2 * filters, filters, None)
            ),
            stem,
        )
    raise ValueError(name)
