"""Files of torch.save, zip and legacy, with what torch.load reads from them; and files that must be refused."""

import base64
import collections
import io
import pickle

import torch

from common import save

cases = []


def saved(value, is_zip):
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=is_zip)
    return buffer.getvalue()


def add(name, value, key=None):
    """Both formats of a dict of tensors, and its numbers as torch.load gives them."""
    for kind in ("zip", "legacy"):
        data = saved(value, kind == "zip")
        loaded = torch.load(io.BytesIO(data), weights_only=True)
        tensors = loaded if key is None else loaded[key]
        cases.append(
            {
                "name": f"{name}, {kind}",
                "kind": kind,
                "file": base64.b64encode(data).decode(),
                "key": key,
                "tensors": [[n, list(t.shape), t.double().reshape(-1).tolist()] for n, t in tensors.items()],
            }
        )


def refuse(name, data, message):
    cases.append({"name": name, "kind": "refused", "file": base64.b64encode(data).decode(), "message": message})


torch.manual_seed(7)
model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, (3, 1)), torch.nn.BatchNorm2d(3))
add("a model's state", model.state_dict())
add("parameters", collections.OrderedDict(model.named_parameters()))
base = torch.randn(5, 7)
add(
    "views",
    {
        "transposed": base.T,
        "row": base[2],
        "column": base[:, 3],
        "block": base[1:4, 2:5],
        "steps": base[::2, ::3],
        "whole": base,
        "again": base,
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
    },
)
add(
    "number types",
    {
        str(dtype).split(".")[1]: torch.tensor([0, 1, 5, 100]).to(dtype)
        for dtype in (
            *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
            *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
        )
    },
)
add("a checkpoint", {"epoch": 3, "state_dict": model.state_dict(), "args": ["x", (1, 2.5, None, True)]}, "state_dict")


class Attack:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


import os  # noqa: E402

refuse("os.system", saved({"a": Attack(os.system, "false")}, True), "posix.system")
refuse("os.system, legacy", saved({"a": Attack(os.system, "false")}, False), "posix.system")
refuse("eval", saved({"a": Attack(eval, "1")}, True), "eval")
refuse("a whole model", saved(model, True), "torch.nn.modules")
refuse("a whole model, legacy", saved(model, False), "torch.nn.modules")
refuse("an expanded tensor", saved({"a": torch.ones(1).expand(1000, 1000)}, True), "a view within the 1 values")
refuse("no dict", saved(torch.ones(2), True), "a dict of tensors")
refuse("a checkpoint without its key", saved({"epoch": 3, "state_dict": model.state_dict()}, True), '"epoch"')
refuse("a plain pickle", pickle.dumps({"a": 1}, 2), "magic number")
refuse("protocol 0", pickle.dumps({"a": 1}, 0), "a pickle of protocol 2 to 5")
refuse("not a pickle", b"hello, this is no tensor file", "a pickle of protocol 2 to 5")
refuse("nothing", b"", "a pickle of protocol 2 to 5")
save(["torch"], cases)
