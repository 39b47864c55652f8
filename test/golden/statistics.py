"""Wilcoxon tests (SciPy), calibration (torchmetrics) and the Inf-Net protocol; writes statistics.json."""

import json
import pathlib

import numpy as np
import py_sod_metrics
import scipy
import torch
import torchmetrics
from scipy.stats import PermutationMethod, wilcoxon
from torchmetrics.functional.classification import multiclass_calibration_error

random = np.random.RandomState(3)

tests = []
for name, first, second in [
    ("no ties", random.uniform(size=11).round(4), random.uniform(size=11).round(4)),
    ("five pairs, all greater", [0.8, 0.7, 0.9, 0.6, 0.75], [0.7, 0.65, 0.6, 0.58, 0.5]),
    ("ties", [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.8, 0.7, 0.6, 0.5, 0.6, 0.2]),
    ("many ties", random.randint(0, 4, 14) / 10, random.randint(0, 4, 14) / 10),
    ("ties and zeros", [3, 4, 5, 5, 6, 2, 1, 9], [3, 2, 3, 7, 6, 1, 0, 3]),
]:
    # Rounded, so that equal differences are equal; zeros out; every sign pattern counted.
    differences = np.round(np.asarray(first, float) - np.asarray(second, float), 9)
    differences = differences[differences != 0]
    expected = {
        alternative: float(
            wilcoxon(
                differences, alternative=alternative, method=PermutationMethod(n_resamples=2**16)
            ).pvalue
        )
        for alternative in ("two-sided", "greater", "less")
    }
    tests.append({"name": name, "first": list(map(float, first)), "second": list(map(float, second)), "p": expected})

logits = random.standard_normal((400, 4)) * 2
probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
probabilities = probabilities.astype(np.float32).round(6)
labels = np.array([random.choice(4, p=p / p.sum()) if random.uniform() < 0.7 else 0 for p in probabilities.astype(float)])
calibration = {
    "probabilities": [float(f"{v:.6g}") for v in probabilities.ravel()],
    "labels": labels.tolist(),
    **{
        norm: float(
            multiclass_calibration_error(torch.tensor(probabilities), torch.tensor(labels), 4, n_bins=10, norm=norm)
        )
        for norm in ("l1", "max")
    },
}


WIDTH = 8


def inf_net(cases):
    """The published evaluation, loop by loop; its structure measure from PySODMetrics."""
    steps = [(255 - k) / 255 for k in range(256)]
    structure = []
    table = np.zeros((len(cases), 256, 5))
    mae = []
    for i, (gt, grey) in enumerate(cases):
        spread = grey.max() - grey.min()
        res = (grey - grey.min()) / (spread if spread > 0 else 1)
        mae.append(np.abs(gt - res).mean())
        shaped = res.reshape(-1, WIDTH), gt.reshape(-1, WIDTH) > 0
        structure.append(py_sod_metrics.Smeasure().cal_sm(*shaped))
        for t, threshold in enumerate(steps):
            label = (res >= threshold).astype(float)
            positives, both, objects = label.sum(), (label * gt).sum(), gt.sum()
            true_negatives = (1 - label).sum() - (objects - both)
            if both > 0:
                negatives = true_negatives + positives - both
                table[i, t, :4] = (
                    2 * both / (objects + positives),
                    both / objects,
                    true_negatives / negatives if negatives > 0 else 0,
                    both / positives,
                )
            above = (res > threshold).astype(float)
            if objects == 0:
                enhanced = 1 - above
            elif objects == gt.size:
                enhanced = above
            else:
                a, b = gt - gt.mean(), above - above.mean()
                enhanced = (2 * a * b / (a * a + b * b + np.finfo(float).eps) + 1) ** 2 / 4
            table[i, t, 4] = enhanced.sum() / (gt.size - 1 + np.finfo(float).eps)
    means = table.mean(0).mean(0)
    names = ("dice", "sensitivity", "specificity", "precision", "eMeasure")
    return {**dict(zip(names, map(float, means))), "mae": float(np.mean(mae)), "sMeasure": float(np.mean(structure))}


def mask(share, size=40):
    return (random.uniform(size=size) < share).astype(float)


shapes = []
for name, cases in [
    ("binary maps, one pair empty", [(mask(0.3), mask(0.4)), (np.zeros(40), np.zeros(40)), (mask(0.1), mask(0.1))]),
    ("grey maps", [(mask(0.3), np.round(random.uniform(size=40) * 255)) for _ in range(3)]),
    ("full truth, constant map", [(np.ones(40), mask(0.5)), (mask(0.5), np.ones(40))]),
]:
    shapes.append(
        {
            "name": name,
            "cases": [{"truth": t.astype(int).tolist(), "map": m.astype(int).tolist(), "width": WIDTH} for t, m in cases],
            "expected": inf_net(cases),
        }
    )

out = pathlib.Path(__file__).with_suffix(".json")
versions = {"scipy": scipy.__version__, "torchmetrics": torchmetrics.__version__, "torch": torch.__version__, "pysodmetrics": "1.6.2"}
out.write_text(
    json.dumps(
        {"versions": versions, "wilcoxon": tests, "calibration": calibration, "infNet": shapes}, separators=(",", ":")
    )
    + "\n"
)
print(out, out.stat().st_size)
