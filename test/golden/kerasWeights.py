"""A Keras 3 .weights.h5 of a cross-attention model, and a hostile one: a small file that claims gigabytes."""

import base64
import importlib.metadata
import json
import os
import pathlib
import tempfile

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy
import torch

from common import Draw, rounded

draw = Draw(5)
query, value = keras.Input((7, 6)), keras.Input((5, 4))
layer = keras.layers.MultiHeadAttention(2, 3, value_dim=5, name="mha")
model = keras.Model([query, value], layer(query, value))
for variable in layer.weights:
    variable.assign(torch.tensor(draw(list(variable.shape), 0.5)))
inputs = [torch.tensor(draw(shape)) for shape in ([2, 7, 6], [2, 5, 4])]
output = model(inputs).detach()

with tempfile.TemporaryDirectory() as folder:
    good, bomb = f"{folder}/good.weights.h5", f"{folder}/bomb.weights.h5"
    model.save_weights(good)
    with h5py.File(bomb, "w") as file:
        # Never written, so that it takes no room; read, it would be 256 GB.
        file.create_dataset("layers/mha/vars/0", (2**36,), "float32", chunks=(2**20,), compression="gzip")
    files = {name: base64.b64encode(open(path, "rb").read()).decode() for name, path in (("good", good), ("bomb", bomb))}

versions = {n: importlib.metadata.version(n) for n in ("keras", "h5py", "torch", "numpy")}
case = {
    "name": "cross attention",
    "args": {"numHeads": 2, "keyDim": 3, "valueDim": 5},
    "inputs": [[2, 7, 6], [2, 5, 4]],
    "files": files,
    "values": [rounded(x) for x in inputs],
    "output": rounded(output),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"versions": versions, "cases": [case]}, indent=1) + "\n")
print(versions, path.stat().st_size)
