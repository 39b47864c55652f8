"""MONAI and surface-distance on masks in raw files, for bench/metrics/metrics.ts.

    python bench/metrics/peers.py FOLDER CASE IMPLEMENTATION

FOLDER contains CASE.json ({"shape", "spacing", "tolerance"}), CASE.truth and CASE.prediction (bytes). Four
scores for each of three classes are timed; MONAI's one-hot tensors are prepared in advance.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import torch
from monai.metrics import DiceMetric, HausdorffDistanceMetric, SurfaceDiceMetric, SurfaceDistanceMetric
from scipy import ndimage

# surface-distance 0.1 uses names that numpy and scipy have since removed.
np.Inf, np.NaN = np.inf, np.nan
ndimage.filters, ndimage.morphology = ndimage, ndimage
import surface_distance  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from serve import serve  # noqa: E402

warnings.filterwarnings("ignore")
folder, case, implementation = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
LABELS = (1, 2, 3)


def load():
    about = json.loads((folder / f"{case}.json").read_text())
    about["spacing"] = [float(mm) for mm in about["spacing"]]
    shape = about["shape"]
    if shape[0] == 1:
        shape = shape[1:]
    masks = [np.fromfile(folder / f"{case}.{side}", np.uint8).reshape(shape) for side in ("truth", "prediction")]
    return about, masks


def one_hot(labels):
    hot = torch.nn.functional.one_hot(torch.tensor(labels.astype(np.int64)), 4)
    return hot.movedim(-1, 0)[None].float().contiguous()


def monai(about, inputs):
    truth, prediction = inputs
    spacing = about["spacing"]
    scores = [
        DiceMetric(include_background=False)(prediction, truth),
        HausdorffDistanceMetric(percentile=95)(prediction, truth, spacing=spacing),
        SurfaceDistanceMetric(symmetric=True)(prediction, truth, spacing=spacing),
        SurfaceDiceMetric([about["tolerance"]] * 3)(prediction, truth, spacing=spacing),
    ]
    return torch.stack([score[0] for score in scores]).T.tolist()


def deep_mind(about, inputs):
    truth, prediction = inputs
    rows = []
    for label in LABELS:
        a, b = truth == label, prediction == label
        d = surface_distance.compute_surface_distances(a, b, about["spacing"])
        rows.append(
            [
                float(surface_distance.compute_dice_coefficient(a, b)),
                float(surface_distance.compute_robust_hausdorff(d, 95)),
                float(np.mean(surface_distance.compute_average_surface_distance(d))),
                float(surface_distance.compute_surface_dice_at_tolerance(d, about["tolerance"])),
            ]
        )
    return rows


about, masks = load()
if implementation == "monai":
    inputs = list(map(one_hot, masks))
    serve(lambda: monai(about, inputs), scores=json.dumps(monai(about, inputs)))
else:
    serve(lambda: deep_mind(about, masks), scores=json.dumps(deep_mind(about, masks)))
