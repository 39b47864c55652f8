"""torchvision's resnext50_32x4d with weights that both languages draw from one MT19937 seed.

The state dict is drawn in its own order by random_sample(), one stream; the fixture has names,
shapes and outputs only.
"""

import numpy
import torch
from torchvision.models import resnext50_32x4d

from common import Draw, nchw, nhwc, rounded, save

SEED = 50
IMAGES = [[1, 67, 61, 3], [2, 64, 96, 3]]

model = resnext50_32x4d().eval()
random = numpy.random.RandomState(SEED)
tensors = []
state = {}
for name, value in model.state_dict().items():
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
        # The last norm of a block is small, as trained ones are: outputs stay of order one.
        spread, shift = 0.1, 0.3 if ".bn3." in name else 1.0
    else:
        spread, shift = 0.1, 0.0
    draws = random.random_sample(int(numpy.prod(shape)))
    state[name] = torch.tensor(((draws * 2 - 1) * spread + shift).astype(numpy.float32)).reshape(shape)
    tensors.append([name, shape, spread, shift])
model.load_state_dict(state, strict=False)

cases = [{"name": "weights", "seed": SEED, "tensors": tensors}]
for seed, shape in enumerate(IMAGES):
    x = nchw(torch.tensor(Draw(seed)(shape)))
    with torch.no_grad():
        features = model.relu(model.bn1(model.conv1(x)))
        levels = [features]
        features = model.maxpool(features)
        for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
            features = stage(features)
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
parameters = sum(p.numel() for p in model.parameters())
cases[0]["parameters"] = parameters
save(["torch", "torchvision"], cases)
