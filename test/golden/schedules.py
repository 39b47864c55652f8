"""Learning rates of torch's schedulers, and of Keras' ReduceLROnPlateau; writes schedules.json."""

import os
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy
import torch
from torch.optim import lr_scheduler

from common import save

STEPS = 12
BASE = 2.0


def torch_rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def keras_rates(values, mode, floor, **arguments):
    class Model:
        optimizer = keras.optimizers.SGD(BASE)

    callback = keras.callbacks.ReduceLROnPlateau("value", mode=mode, min_lr=floor * BASE, **arguments)
    callback._model = Model()
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        rates.append(float(Model.optimizer.learning_rate))
        callback.on_epoch_end(epoch, {"value": numpy.float64(value)})
    return rates


cases = [
    {
        "schedule": {"name": "exponential", "floor": 0.01},
        "rates": torch_rates(lambda o: lr_scheduler.ExponentialLR(o, 0.01 ** (1 / STEPS))),
    },
    {
        "schedule": {"name": "oneCycle", "warmup": 0.25, "start": 0.04, "floor": 0.0004},
        "rates": torch_rates(
            lambda o: lr_scheduler.OneCycleLR(
                o, BASE, total_steps=STEPS, pct_start=0.25, div_factor=25, final_div_factor=100, cycle_momentum=False
            )
        ),
    },
    {
        "schedule": {"name": "cosineRestarts", "cycles": 3, "floor": 0.1},
        "rates": torch_rates(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, STEPS // 3, eta_min=0.1 * BASE)),
    },
]
# Defaults: a schedule's name and what it cannot do without.
cases += [
    {
        "schedule": {"name": "cosine"},
        "rates": [float(keras.optimizers.schedules.CosineDecay(BASE, STEPS)(step)) for step in range(STEPS)],
    },
    {
        "schedule": {"name": "polynomial"},
        "rates": torch_rates(lambda o: lr_scheduler.PolynomialLR(o, total_iters=STEPS)),
    },
    {
        "schedule": {"name": "staircase", "milestones": [0.5, 0.75]},
        "rates": torch_rates(lambda o: lr_scheduler.MultiStepLR(o, [6, 9])),
    },
    {
        "schedule": {"name": "oneCycle"},
        "rates": torch_rates(lambda o: lr_scheduler.OneCycleLR(o, BASE, total_steps=STEPS, cycle_momentum=False)),
    },
    {
        "schedule": {"name": "cosineRestarts", "cycles": 3},
        "rates": torch_rates(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, STEPS // 3)),
    },
]
# Changes below 0.0001 are no improvement; the rate falls after the tenth epoch without one.
FLAT = [1.0, 0.5] + [0.5 - 0.00001 * n for n in range(28)]
cases.append(
    {
        "schedule": {"name": "reduceOnPlateau"},
        "mode": "min",
        "values": FLAT,
        "rates": keras_rates(FLAT, "min", 0.0),
    }
)
VALUES = [5, 4, 4, 4, 3.95, 4, 4, 4, 4, 1, 1, 1]
for mode, values in [("min", VALUES), ("max", [-v for v in VALUES])]:
    for patience, min_delta, cooldown, floor in [(2, 0.0, 0, 0.0), (2, 0.1, 2, 0.0), (1, 0.1, 0, 0.3), (3, 0.0, 1, 0.0)]:
        arguments = {"factor": 0.5, "patience": patience, "min_delta": min_delta, "cooldown": cooldown}
        ours = {"factor": 0.5, "patience": patience, "minDelta": min_delta, "cooldown": cooldown, "floor": floor}
        rates = keras_rates(values, mode, floor, **arguments)
        cases.append(
            {"schedule": {"name": "reduceOnPlateau", **ours}, "mode": mode, "values": values, "rates": rates}
        )
for case in cases:
    case["name"] = " ".join(str(v) for v in case["schedule"].values()) + " " + case.get("mode", "")
save(["torch", "keras"], cases)
