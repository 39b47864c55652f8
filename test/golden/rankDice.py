"""Labels that maximise the expected Dice, by rankseg's RankSEG-RMA; writes rankDice.json."""

import json
import pathlib

import numpy as np
import torch
from rankseg._rankseg_algo import rankseg_rma

random = np.random.RandomState(5)
HEIGHT, WIDTH = 9, 11


def probabilities(classes, sharpness):
    """Smooth fields, as a network's: class 0 likely everywhere, the others here and there."""
    logits = random.normal(size=(classes, HEIGHT, WIDTH))
    for axis in (1, 2):
        logits = (logits + np.roll(logits, 1, axis) + np.roll(logits, -1, axis)) / 1.5
    logits[0] += 1
    shares = np.exp(logits * sharpness)
    return np.round(shares / shares.sum(0), 5).astype(np.float32)


# The last is unsure of everything: no class is above one half anywhere.
fields = [probabilities(2, 1), probabilities(3, 2), probabilities(4, 1), probabilities(4, 4), probabilities(5, 0.02)]
cases = []
for field in fields:
    labels = rankseg_rma(torch.from_numpy(field)[None], metric="dice", pruning_prob=0.5)[0]
    likeliest = field.argmax(0)
    cases.append(
        {
            "planes": [[round(float(p), 5) for p in plane.ravel()] for plane in field],
            "labels": labels.numpy().ravel().tolist(),
            "differsFromArgmax": int((labels.numpy() != likeliest).sum()),
        }
    )
path = pathlib.Path(__file__).with_name("rankDice.json")
path.write_text(json.dumps({"height": HEIGHT, "width": WIDTH, "cases": cases}))
