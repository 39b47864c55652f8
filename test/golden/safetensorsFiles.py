"""Files that the safetensors package writes: every number type to read, float32 and int32 to match to the byte."""

import base64
import importlib.metadata
import json
import pathlib

import numpy
import torch
from safetensors.torch import save

every = {
    "F64": torch.tensor([1.5, -2.25], dtype=torch.float64),
    "F32": torch.tensor([[1.5, -2.25, 3e38]]),
    "F16": torch.tensor([1.5, -65504.0, 6e-8, float("inf")], dtype=torch.float16),
    "BF16": torch.tensor([1.5, -3e38, 1e-40], dtype=torch.bfloat16),
    "I64": torch.tensor([7, -(2**40), 2**40]),
    "I32": torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    "I16": torch.tensor([-300, 300], dtype=torch.int16),
    "I8": torch.tensor([-128, 127], dtype=torch.int8),
    "U8": torch.tensor([0, 255], dtype=torch.uint8),
    "BOOL": torch.tensor([True, False, True]),
    "scalar": torch.tensor(7.0),
    "empty": torch.zeros(0, 3),
}
exact = {
    "b/kernel": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 7,
    "a/bias": torch.tensor([-0.5, 0.25, 1e-30]),
    "a/seed": torch.tensor([3, -4], dtype=torch.int32),
    "größe": torch.tensor(2.5),
}


def case(name, tensors, metadata=None):
    return {
        "name": name,
        "metadata": metadata or {},
        "file": base64.b64encode(save(tensors, metadata)).decode(),
        "tensors": {
            key: {
                "dtype": "I32" if value.dtype == torch.int32 else "F32",
                "shape": list(value.shape),
                "values": [repr(v) for v in value.double().numpy().ravel().tolist()],
            }
            for key, value in tensors.items()
        },
    }


versions = {n: importlib.metadata.version(n) for n in ("safetensors", "torch", "numpy")}
cases = [case("every type", every), case("ours", exact, {"format": "pt"}), case("plain", exact)]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")
print(versions, path.stat().st_size)
