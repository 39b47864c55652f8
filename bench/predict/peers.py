"""A U-Net's prediction in PyTorch and in ONNX Runtime, with the same weights.

    python bench/predict/peers.py BATCH SIZE torch|torch-compile|torch-bfloat16|onnxruntime
"""

import pathlib
import sys
import tempfile

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from networks import build  # noqa: E402
from serve import serve  # noqa: E402

batch, size, implementation = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(2)
torch.manual_seed(1)
network = torch.nn.Sequential(build("unet", size), torch.nn.Softmax(1)).eval()
# As if trained; layerbookPredict.ts does the same.
for module in network.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        for values in [module.weight.data, module.bias.data, module.running_mean, module.running_var]:
            values.uniform_(0.5, 1)
parameters = sum(p.numel() for p in network.parameters()) + sum(
    b.numel() for n, b in network.named_buffers() if "running" in n
)
images = np.random.RandomState(7).rand(batch, 1, size, size).astype("float32")

if implementation == "onnxruntime":
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/unet.onnx"
        torch.onnx.export(
            network, (torch.from_numpy(images),), path, input_names=["images"], dynamo=False
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    once = lambda: session.run(None, {"images": images})  # noqa: E731
else:
    network = network.to(memory_format=torch.channels_last)
    forward = torch.compile(network) if implementation == "torch-compile" else network
    tensor = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def once():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=implementation == "torch-bfloat16"):
            return forward(tensor).float().numpy()


serve(once, parameters=parameters)
