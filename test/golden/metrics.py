"""Scores of drawn masks from MONAI, torchmetrics, surface-distance and SciPy; writes metrics.json."""

import json
import pathlib
import warnings

import monai
import numpy as np
import scipy
import torch
import torchmetrics
from monai.metrics import (
    ConfusionMatrixMetric,
    DiceMetric,
    HausdorffDistanceMetric,
    SurfaceDiceMetric,
    SurfaceDistanceMetric,
    get_confusion_matrix,
)
from scipy import ndimage

# surface-distance 0.1 is older than the names it uses.
np.Inf, np.NaN = np.inf, np.nan
ndimage.filters, ndimage.morphology = ndimage, ndimage
import surface_distance  # noqa: E402

warnings.filterwarnings("ignore")
random = np.random.RandomState(5)


def blobs(shape, count, radius, seed):
    """Overlapping ellipsoids of two classes."""
    r = np.random.RandomState(seed)
    grid = np.indices(shape)
    labels = np.zeros(shape, np.uint8)
    for i in range(count):
        centre = [r.uniform(0, s) for s in shape]
        axes = [max(1.0, r.uniform(0.5, 1.0) * radius * s / max(shape)) for s in shape]
        d = sum(((g - c) / a) ** 2 for g, c, a in zip(grid, centre, axes))
        labels[d <= 1] = 1 + i % 2
    return labels


def noisy(labels, shift, seed):
    r = np.random.RandomState(seed)
    moved = np.roll(labels, shift, axis=tuple(range(labels.ndim)))
    flips = r.uniform(size=labels.shape)
    moved[flips < 0.01] = 1
    moved[flips > 0.99] = 0
    return moved


def single(shape, at, label=1):
    m = np.zeros(shape, np.uint8)
    m[at] = label
    return m


plane, volume = (23, 29), (7, 13, 17)
a, b = blobs(plane, 7, 9, 1), blobs(volume, 7, 7, 2)
PAIRS = [
    ("slice", a, noisy(a, (1, 2), 3), (1.5, 0.7), 1.6),
    ("slice in pixels", blobs(plane, 4, 6, 8), blobs(plane, 5, 6, 9), (1.0, 1.0), 2.0),
    ("slice, far apart", single(plane, (0, 0)), single(plane, (22, 28)), (0.8, 0.8), 2.0),
    ("slice, one pixel", single((5, 6), (2, 3)), single((5, 6), (2, 4)), (2.0, 0.5), 0.5),
    ("slice, full", np.ones((5, 7), np.uint8), np.ones((5, 7), np.uint8), (1.0, 1.0), 1.0),
    ("slice, full against a part", np.ones((5, 7), np.uint8), single((5, 7), np.s_[1:3, 2:6]), (1.0, 1.0), 1.0),
    ("volume", b, noisy(b, (0, 1, 1), 4), (5.0, 0.7, 0.9), 2.0),
    ("volume in voxels", blobs(volume, 4, 6, 6), blobs(volume, 5, 6, 7), (1.0, 1.0, 1.0), 1.0),
    ("volume, thick slices, shifted by one", b, np.roll(b, 1, 0), (8.0, 0.5, 0.5), 3.0),
    ("volume, one voxel", single((3, 4, 5), (0, 0, 0)), single((3, 4, 5), (2, 3, 4)), (3.0, 1.0, 2.0), 4.0),
    ("volume, full", np.ones((3, 4, 5), np.uint8), np.ones((3, 4, 5), np.uint8), (2.0, 1.0, 1.0), 1.0),
    ("both empty", np.zeros((4, 6), np.uint8), np.zeros((4, 6), np.uint8), (1.0, 1.0), 1.0),
    ("prediction empty", single((4, 6), (1, 1)), np.zeros((4, 6), np.uint8), (1.0, 1.0), 1.0),
    ("truth empty", np.zeros((4, 6), np.uint8), single((4, 6), (1, 1)), (1.0, 1.0), 1.0),
    ("volume, prediction empty", single((2, 4, 6), (1, 1, 1)), np.zeros((2, 4, 6), np.uint8), (1.0, 1.0, 1.0), 1.0),
]


def number(value):
    value = float(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity"
    return float(f"{value:.9g}")


def one_hot(labels):
    t = torch.tensor(labels.astype(np.int64))
    return torch.nn.functional.one_hot(t, 3).movedim(-1, 0)[None].float()


def monai_scores(truth, prediction, label, spacing, tolerance):
    y = one_hot(truth)[:, [0, label]]
    p = one_hot(prediction)[:, [0, label]]

    def of(metric, **kwargs):
        return number(metric(p, y, **kwargs).ravel()[-1])

    confusion = get_confusion_matrix(p, y, include_background=False)[0, 0]
    dice = DiceMetric(include_background=False, ignore_empty=False)
    rates = {
        name: number(
            monai.metrics.compute_confusion_matrix_metric(name, confusion[None, None]).ravel()[0]
        )
        for name in ("precision", "sensitivity", "specificity", "threat score")
    }
    assert ConfusionMatrixMetric(include_background=False)(p, y)[0, 0].tolist() == confusion.tolist()
    return {
        "dice": number(DiceMetric(include_background=False)(p, y).ravel()[-1]),
        "diceOfEmptyTruth": number(dice(p, y).ravel()[-1]),
        "confusion": [int(v) for v in confusion],  # TP FP TN FN
        **rates,
        "hausdorff": of(HausdorffDistanceMetric(), spacing=spacing),
        "hd95": of(HausdorffDistanceMetric(percentile=95), spacing=spacing),
        "assd": of(SurfaceDistanceMetric(symmetric=True), spacing=spacing),
        "surfaceDice": of(SurfaceDiceMetric([tolerance]), spacing=spacing),
    }


def surface_distance_scores(truth, prediction, label, spacing, tolerance):
    d = surface_distance.compute_surface_distances(truth == label, prediction == label, spacing)
    both = (truth == label).any() and (prediction == label).any()
    if not both:  # its own results there are 0/0 or depend on the side
        return None
    average = surface_distance.compute_average_surface_distance(d)
    return {
        "hausdorff": number(surface_distance.compute_robust_hausdorff(d, 100)),
        "hd95": number(surface_distance.compute_robust_hausdorff(d, 95)),
        "average": [number(v) for v in average],
        "surfaceDice": number(surface_distance.compute_surface_dice_at_tolerance(d, tolerance)),
    }


def torchmetrics_scores(truth, prediction):
    t, p = torch.tensor(truth.astype(np.int64)).ravel(), torch.tensor(prediction.astype(np.int64)).ravel()
    f = torchmetrics.functional.classification
    options = {"num_classes": 3, "average": None}
    return {
        "confusion": f.multiclass_confusion_matrix(p, t, 3).tolist(),
        "accuracy": number(f.multiclass_accuracy(p, t, 3, average="micro")),
        "f1": [number(v) for v in f.multiclass_f1_score(p, t, **options)],
        "jaccard": [number(v) for v in f.multiclass_jaccard_index(p, t, **options)],
        "specificity": [number(v) for v in f.multiclass_specificity(p, t, **options)],
    }


def draw(labels):
    return "".join(str(v) for v in labels.ravel())


pairs = []
for name, truth, prediction, spacing, tolerance in PAIRS:
    labels = (1, 2) if max(truth.max(), prediction.max()) > 1 else (1,)
    pairs.append(
        {
            "name": name,
            "shape": list(truth.shape),
            "truth": draw(truth),
            "prediction": draw(prediction),
            "spacing": list(spacing),
            "tolerance": tolerance,
            "torchmetrics": torchmetrics_scores(truth, prediction),
            "classes": [
                {
                    "label": label,
                    "monai": monai_scores(truth, prediction, label, spacing, tolerance),
                    "surfaceDistance": surface_distance_scores(truth, prediction, label, spacing, tolerance),
                }
                for label in labels
            ],
        }
    )

transforms = []
components = []
for name, mask, spacing in [
    ("slice", a, (1.5, 0.7)),
    ("slice, one pixel", single(plane, (3, 20)), (1.0, 1.0)),
    ("volume", b, (5.0, 0.7, 0.9)),
    ("volume, sparse", (random.uniform(size=volume) > 0.99).astype(np.uint8), (0.6, 2.0, 1.1)),
]:
    distances = ndimage.distance_transform_edt(mask == 0, sampling=spacing)
    transforms.append(
        {
            "name": name,
            "shape": list(mask.shape),
            "mask": draw(mask),
            "spacing": list(spacing),
            "distances": [float(f"{v:.9g}") for v in distances.ravel()],
        }
    )
for name, mask in [
    ("slice", a),
    ("slice, noise", (random.uniform(size=plane) > 0.55).astype(np.uint8)),
    ("volume", b),
    ("volume, noise", (random.uniform(size=volume) > 0.75).astype(np.uint8)),
]:
    rank = mask.ndim
    components.append(
        {
            "name": name,
            "shape": list(mask.shape),
            "mask": draw(mask),
            "face": ndimage.label(mask)[0].ravel().tolist(),
            "corner": ndimage.label(mask, ndimage.generate_binary_structure(rank, rank))[0].ravel().tolist(),
        }
    )

out = pathlib.Path(__file__).with_suffix(".json")
versions = {
    "monai": monai.__version__,
    "torch": torch.__version__,
    "torchmetrics": torchmetrics.__version__,
    "scipy": scipy.__version__,
    "surface-distance": "0.1",
}
out.write_text(
    json.dumps(
        {"versions": versions, "pairs": pairs, "transforms": transforms, "components": components},
        separators=(",", ":"),
    )
    + "\n"
)
print(out, out.stat().st_size)
