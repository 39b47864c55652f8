"""Entropies of an ensemble (NumPy, SciPy) and the calibration of its mean (torchmetrics); writes uncertainty.json."""

import importlib.metadata
import json
import pathlib

import numpy
import torch
from scipy.special import softmax
from scipy.stats import entropy
from torchmetrics.functional.classification import multiclass_calibration_error

MEMBERS, VOXELS, CLASSES = 5, 60, 4

random = numpy.random.RandomState(3)
shared = random.standard_normal((1, VOXELS, CLASSES)) * 2
own = random.standard_normal((MEMBERS, VOXELS, CLASSES)) * 1.5
probabilities = softmax(shared + own, axis=-1).astype(numpy.float32)
labels = random.randint(0, CLASSES, VOXELS)
# A voxel with classes that nobody believes in: 0 log 0. Not of confidence 1, for which torchmetrics has a bin of its own.
probabilities[:, 0] = [0, 0.75, 0.25, 0]
mean = probabilities.mean(axis=0)
total = entropy(mean, axis=-1)
expected = entropy(probabilities, axis=-1).mean(axis=0)


def rounded(values):
    return [float(f"{value:.6e}") for value in numpy.ravel(values)]


calibration = {
    norm: float(
        multiclass_calibration_error(torch.tensor(mean), torch.tensor(labels), CLASSES, n_bins=15, norm=norm)
    )
    for norm in ("l1", "max")
}
versions = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "torchmetrics", "torch")}
golden = {
    "versions": versions,
    "members": [[float(value) for value in member.ravel()] for member in probabilities],
    "labels": labels.tolist(),
    "numClasses": CLASSES,
    "mean": rounded(mean),
    "entropy": rounded(total),
    "expectedEntropy": rounded(expected),
    "mutualInformation": rounded(total - expected),
    "calibration": calibration,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size, "bytes", versions)
