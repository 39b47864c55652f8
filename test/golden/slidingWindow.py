"""Sliding-window inference by MONAI; writes slidingWindow.json beside itself.

The "model" answers with two channels that hang on a pixel's place in its window, so that the joining of
windows shows."""

import torch
from common import Draw, nchw, nhwc, rounded, save
from monai.inferers import sliding_window_inference

# images, window, windows at a time, overlap, mode, sigma scale
SETTINGS = [
    ((1, 13, 17, 1), (5, 7), 4, 0.25, "constant", 0.125),
    ((1, 13, 17, 1), (5, 7), 3, 0.5, "gaussian", 0.125),
    ((2, 11, 19, 3), (7, 5), 4, 0.6, "gaussian", 0.25),
    ((1, 11, 19, 1), (11, 7), 2, 0.0, "constant", 0.125),
    ((2, 3, 13, 1), (7, 5), 4, 0.25, "gaussian", 0.125),
    ((1, 3, 2, 2), (7, 5), 4, 0.25, "constant", 0.125),
    ((1, 23, 29, 1), (8, 8), 5, 0.9, "gaussian", 0.5),
]


def model(windows):
    _, _, height, width = windows.shape
    place = torch.arange(height)[:, None] * 0.5 + torch.arange(width)[None, :] * 0.25
    first = windows[:, :1]
    return torch.cat([first * place, first * first + place], 1)


cases = []
for seed, (shape, roi, batch, overlap, mode, sigma) in enumerate(SETTINGS):
    images = nchw(torch.tensor(Draw(seed)(shape)))
    output = sliding_window_inference(
        images, roi, batch, model, overlap=overlap, mode=mode, sigma_scale=sigma
    )
    options = {"roiSize": roi, "swBatchSize": batch, "overlap": overlap, "mode": mode, "sigmaScale": sigma}
    cases.append({"seed": seed, "shape": shape, "options": options, "output": rounded(nhwc(output))})
save(["monai", "torch"], cases)
