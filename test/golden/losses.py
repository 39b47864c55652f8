"""Losses and their gradients from torch and MONAI; writes losses.json beside itself."""

import json
import pathlib

import monai
import numpy as np
import torch
from monai.losses import DiceLoss, FocalLoss, GeneralizedDiceLoss, MaskedDiceLoss, TverskyLoss

B, H, W, C = 2, 5, 7, 3
IGNORE = 255
WEIGHTS = [0.5, 1.5, 3.0]
random = np.random.RandomState(11)
logits = random.standard_normal((B, H, W, C)).astype(np.float32) * 2
labels = random.randint(0, C, (B, H, W))
labels[0][labels[0] == 2] = 0  # class 2 absent from the first image
ignored = labels.copy()
ignored[:, 1, 2:5] = IGNORE
mask = (random.uniform(size=(B, H, W)) < 0.7).astype(np.float32)
weights = torch.tensor(WEIGHTS)


def one_hot(y):
    return torch.nn.functional.one_hot(y, C).movedim(-1, 1).float()


def softmax_first(function):
    return lambda x, y: function(torch.softmax(x, 1), y)


def focal_mean(x, y, gamma, alpha=None):
    """MONAI's softmax focal loss, as a mean over voxels that the weights divide."""
    total = FocalLoss(to_onehot_y=True, use_softmax=True, gamma=gamma, alpha=alpha, reduction="none")(
        x, y[:, None]
    ).sum()
    count = y.numel() if alpha is None else torch.tensor(alpha)[y].sum()
    return total / count


def masked_dice(x, y):
    return MaskedDiceLoss(softmax=True)(x, one_hot(y), torch.tensor(mask)[:, None])


def present_mean(function, classes=range(C)):
    """A MONAI loss's values `[batch, classes]`: the mean over the images that have a class, then over classes."""

    def mean(x, y):
        values = function(x, one_hot(y)).reshape(B, len(classes))
        has = one_hot(y).amax((2, 3)) > 0
        means = [values[has[:, c], i].mean() for i, c in enumerate(classes) if has[:, c].any()]
        return torch.stack(means).mean()

    return mean


def cross_entropy_probabilities(x, y):
    return torch.nn.functional.nll_loss(torch.log(x), y)


CE = torch.nn.functional.cross_entropy
plain, skipped = labels, ignored
# name, factory, options, labels used, function of (logits [B, C, H, W], labels), flags
CASES = [
    ("cross-entropy", "crossEntropy", {}, plain, lambda x, y: CE(x, y), {}),
    ("cross-entropy, weights", "crossEntropy", {"classWeights": WEIGHTS}, plain, lambda x, y: CE(x, y, weights), {}),
    (
        "cross-entropy, weights and ignore",
        "crossEntropy",
        {"classWeights": WEIGHTS, "ignoreLabel": IGNORE},
        skipped,
        lambda x, y: CE(x, y, weights, ignore_index=IGNORE),
        {},
    ),
    (
        "cross-entropy, mask",
        "crossEntropy",
        {},
        plain,
        lambda x, y: (CE(x, y, reduction="none") * torch.tensor(mask)).sum() / mask.sum(),
        {"mask": True},
    ),
    (
        "cross-entropy of probabilities",
        "crossEntropy",
        {"from": "probabilities"},
        plain,
        cross_entropy_probabilities,
        {"probabilities": True},
    ),
    ("Dice", "diceLoss", {}, plain, lambda x, y: DiceLoss(softmax=True)(x, one_hot(y)), {}),
    (
        "Dice, foreground, squared, batch",
        "diceLoss",
        {"includeBackground": False, "isSquared": True, "isBatchwise": True},
        plain,
        lambda x, y: DiceLoss(softmax=True, include_background=False, squared_pred=True, batch=True)(x, one_hot(y)),
        {},
    ),
    (
        "Dice, weights",
        "diceLoss",
        {"classWeights": WEIGHTS},
        plain,
        lambda x, y: DiceLoss(softmax=True, weight=weights / weights.mean())(x, one_hot(y)),
        {},
    ),
    (
        "Dice, ignore",
        "diceLoss",
        {"ignoreLabel": IGNORE},
        skipped,
        lambda x, y: DiceLoss(softmax=True, to_onehot_y=True, ignore_index=IGNORE)(x, y[:, None]),
        {},
    ),
    (
        "Dice of the classes that an image has",
        "diceLoss",
        {"skipAbsent": True},
        plain,
        present_mean(DiceLoss(softmax=True, reduction="none")),
        {},
    ),
    (
        "Dice of the foreground classes that an image has",
        "diceLoss",
        {"skipAbsent": True, "includeBackground": False},
        plain,
        present_mean(DiceLoss(softmax=True, include_background=False, reduction="none"), range(1, C)),
        {},
    ),
    ("Dice, mask", "diceLoss", {}, plain, masked_dice, {"mask": True}),
    (
        "Dice of probabilities",
        "diceLoss",
        {"from": "probabilities"},
        plain,
        lambda x, y: DiceLoss()(x, one_hot(y)),
        {"probabilities": True},
    ),
    (
        "Dice and cross-entropy",
        "diceCrossEntropy",
        {"crossEntropyWeight": 0.25},
        plain,
        lambda x, y: monai.losses.DiceCELoss(softmax=True, to_onehot_y=True, lambda_ce=0.25)(x, y[:, None]),
        {},
    ),
    (
        "Dice of the classes that an image has, and cross-entropy",
        "diceCrossEntropy",
        {"skipAbsent": True},
        plain,
        lambda x, y: present_mean(DiceLoss(softmax=True, reduction="none"))(x, y) + CE(x, y),
        {},
    ),
    (
        "generalised Dice",
        "generalisedDiceLoss",
        {},
        plain,
        lambda x, y: GeneralizedDiceLoss(softmax=True)(x, one_hot(y)),
        {},
    ),
    (
        "generalised Dice, simple, foreground",
        "generalisedDiceLoss",
        {"volumeWeighting": "simple", "includeBackground": False},
        plain,
        lambda x, y: GeneralizedDiceLoss(softmax=True, w_type="simple", include_background=False)(x, one_hot(y)),
        {},
    ),
    (
        "generalised Dice, uniform, batch",
        "generalisedDiceLoss",
        {"volumeWeighting": "uniform", "isBatchwise": True},
        plain,
        # MONAI's batch=True sums over the batch only, then takes a mean of classes: written out here.
        lambda x, y: 1
        - (2 * (torch.softmax(x, 1) * one_hot(y)).sum() + 1e-5)
        / ((torch.softmax(x, 1) + one_hot(y)).sum() + 1e-5),
        {},
    ),
    ("focal", "focalLoss", {}, plain, lambda x, y: focal_mean(x, y, 2.0), {}),
    ("focal, gamma 1", "focalLoss", {"gamma": 1}, plain, lambda x, y: focal_mean(x, y, 1.0), {}),
    ("focal, gamma 0.5", "focalLoss", {"gamma": 0.5}, plain, lambda x, y: focal_mean(x, y, 0.5), {}),
    (
        "focal, weights",
        "focalLoss",
        {"gamma": 3, "classWeights": WEIGHTS},
        plain,
        lambda x, y: focal_mean(x, y, 3.0, WEIGHTS),
        {},
    ),
    (
        "focal, ignore",
        "focalLoss",
        {"ignoreLabel": IGNORE},
        skipped,
        lambda x, y: FocalLoss(to_onehot_y=True, use_softmax=True, ignore_index=IGNORE)(x, y[:, None]),
        {},
    ),
    (
        "Tversky",
        "tverskyLoss",
        {"falsePositiveWeight": 0.5, "falseNegativeWeight": 0.5},
        plain,
        lambda x, y: TverskyLoss(softmax=True)(x, one_hot(y)),
        {},
    ),
    (
        "Tversky 0.3, 0.7, foreground",
        "tverskyLoss",
        {"includeBackground": False},
        plain,
        lambda x, y: TverskyLoss(softmax=True, alpha=0.3, beta=0.7, include_background=False)(x, one_hot(y)),
        {},
    ),
    (
        "Tversky of the classes that an image has",
        "tverskyLoss",
        {"skipAbsent": True},
        plain,
        present_mean(TverskyLoss(softmax=True, alpha=0.3, beta=0.7, reduction="none")),
        {},
    ),
    (
        "Tversky, ignore",
        "tverskyLoss",
        {"ignoreLabel": IGNORE},
        skipped,
        lambda x, y: TverskyLoss(softmax=True, to_onehot_y=True, alpha=0.3, beta=0.7, ignore_index=IGNORE)(
            x, y[:, None]
        ),
        {},
    ),
]


def rounded(values):
    return [float(f"{v:.7g}") for v in np.asarray(values, dtype=np.float64).ravel()]


cases = []
for name, factory, options, used, function, flags in CASES:
    x = torch.tensor(logits).movedim(-1, 1)
    if flags.get("probabilities"):
        x = torch.softmax(x, 1)
    x = x.detach().requires_grad_(True)
    value = function(x, torch.tensor(used))
    value.backward()
    cases.append(
        {
            "name": name,
            "factory": factory,
            "options": options,
            "labels": "ignored" if used is ignored else "labels",
            "isMasked": bool(flags.get("mask")),
            "isProbabilities": bool(flags.get("probabilities")),
            "value": float(value.detach()),
            "gradient": rounded(x.grad.movedim(1, -1).numpy()),
        }
    )

out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(
    json.dumps(
        {
            "versions": {"torch": torch.__version__, "monai": monai.__version__, "numpy": np.__version__},
            "shape": [B, H, W, C],
            "logits": rounded(logits),
            "labels": labels.ravel().tolist(),
            "ignored": ignored.ravel().tolist(),
            "mask": mask.ravel().astype(int).tolist(),
            "cases": cases,
        },
        separators=(",", ":"),
    )
    + "\n"
)
print(out, out.stat().st_size)
