"""Files of Keras and PyTorch with a dense layer, a convolution, normalisations and an LSTM, and what they compute."""

import base64
import json
import os
import pathlib
import sys
import tempfile

# statistics.py beside this script must not hide Python's own.
here = sys.path.pop(0)
sys.path.append(here)
os.environ["KERAS_BACKEND"] = "torch"
import keras
import torch
from safetensors.torch import save as to_safetensors

from common import Draw, nchw, nhwc, rounded

draw = Draw(7)


def fill(variables, name_of):
    for variable in variables:
        values = torch.tensor(draw(list(variable.shape), 0.4))
        if "var" in name_of(variable):
            values = values.abs() + 0.5
        yield variable, values


def keras_case():
    image, steps = keras.Input((5, 7, 2)), keras.Input((6, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(image)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.Dense(3)(x)
    y = keras.layers.LSTM(5)(steps)
    model = keras.Model([image, steps], [x, y])
    for variable, values in fill(model.weights, lambda v: v.path.split("/")[-1]):
        variable.assign(values)
    inputs = [torch.tensor(draw(shape)) for shape in ([2, 5, 7, 2], [2, 6, 3])]
    outputs = model(inputs)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/all.weights.h5"
        model.save_weights(path)
        data = open(path, "rb").read()
    return inputs, outputs, data


def torch_case():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(2, 4, 3, padding=1)
            self.batch = torch.nn.BatchNorm2d(4)
            self.layer = torch.nn.LayerNorm(4)
            self.dense = torch.nn.Linear(4, 3)
            self.lstm = torch.nn.LSTM(3, 5, batch_first=True)

        def forward(self, image, steps):
            x = nhwc(self.batch(self.conv(nchw(image))))
            return self.dense(self.layer(x)), self.lstm(steps)[0][:, -1]

    net = Net().eval()
    state = {}
    floats = [(k, v) for k, v in net.state_dict().items() if v.dtype == torch.float32]
    for (name, variable), (_, values) in zip(floats, fill([v for _, v in floats], lambda v: "")):
        state[name] = values.abs() + 0.5 if name.endswith("running_var") else values
    net.load_state_dict(state, strict=False)
    inputs = [torch.tensor(draw(shape)) for shape in ([2, 5, 7, 2], [2, 6, 3])]
    full = {name: value.contiguous() for name, value in net.state_dict().items()}
    return inputs, net(*inputs), to_safetensors(full)


cases = []
for name, make in [("Keras", keras_case), ("PyTorch", torch_case)]:
    inputs, outputs, data = make()
    cases.append(
        {
            "name": name,
            "file": base64.b64encode(data).decode(),
            "inputs": [rounded(x) for x in inputs],
            "outputs": [rounded(x.detach()) for x in outputs],
        }
    )
versions = {"keras": keras.__version__, "torch": torch.__version__}
path = pathlib.Path(__file__).resolve().with_suffix(".json")
path.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")
print(path.name, path.stat().st_size)
