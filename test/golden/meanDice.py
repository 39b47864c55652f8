"""The mean Dice of drawn slices by MONAI's two reductions; writes meanDice.json."""

import json
import pathlib

import monai
import numpy as np
import torch
from monai.metrics import DiceMetric

random = np.random.RandomState(3)
HEIGHT, WIDTH, CLASSES = 5, 7, 4


def drawn(classes):
    """Labels in which each of the classes fills a random rectangle."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label in classes:
        top, left = random.randint(0, HEIGHT - 2), random.randint(0, WIDTH - 2)
        labels[top : top + random.randint(1, 4), left : left + random.randint(1, 4)] = label
    return labels


# Class 3 is rare; one truth is empty with a false positive, one with nothing predicted.
CONTENTS = [[1], [1, 2], [1, 2], [2], [1], [1, 2, 3], [], [], [1], [2]]
truths = [drawn(classes) for classes in CONTENTS]
predictions = [
    np.zeros((HEIGHT, WIDTH), np.uint8) if i == 7 else np.where(random.uniform(size=t.shape) < 0.25, drawn([1, 2]), t)
    for i, t in enumerate(truths)
]


def one_hot(labels):
    return torch.nn.functional.one_hot(torch.tensor(np.stack(labels)).long(), CLASSES).movedim(-1, 1).float()


def mean(reduction):
    metric = DiceMetric(include_background=False, reduction=reduction)
    metric(one_hot(predictions), one_hot(truths))
    return metric.aggregate()


out = {
    "versions": {"monai": monai.__version__, "torch": torch.__version__},
    "height": HEIGHT,
    "width": WIDTH,
    "classes": CLASSES,
    "truths": ["".join(map(str, t.ravel())) for t in truths],
    "predictions": ["".join(map(str, p.ravel())) for p in predictions],
    # MONAI's default reduction: over the classes of a case, then over cases.
    "mean": float(mean("mean")),
    # One mean per class, over cases; then the mean of those.
    "meanBatch": [float(value) for value in mean("mean_batch")],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
