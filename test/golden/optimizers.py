"""Keras' optimizers: the weights, and their averages, after each of seven steps."""

import os
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras

from common import Draw, rounded, save

SHAPES = [[3, 5], [5]]
STEPS = 7
O = keras.optimizers

# our configuration, Keras' optimizer
CASES = [
    ({"name": "sgd"}, O.SGD(0.1)),
    ({"name": "sgd", "momentum": 0.8}, O.SGD(0.1, 0.8)),
    ({"name": "sgd", "momentum": 0.8, "useNesterov": True}, O.SGD(0.1, 0.8, True)),
    ({"name": "adam"}, O.Adam(0.1)),
    ({"name": "adam", "beta1": 0.7, "beta2": 0.95, "epsilon": 0.01}, O.Adam(0.1, 0.7, 0.95, 0.01)),
    ({"name": "adamw"}, O.AdamW(0.1)),
    ({"name": "adamw", "weightDecay": 0.2}, O.AdamW(0.1, weight_decay=0.2)),
    ({"name": "rmsprop"}, O.RMSprop(0.1)),
    (
        {"name": "rmsprop", "rho": 0.7, "momentum": 0.6, "epsilon": 0.01, "centered": True},
        O.RMSprop(0.1, 0.7, 0.6, 0.01, True),
    ),
    ({"name": "adagrad"}, O.Adagrad(0.1)),
    (
        {"name": "adagrad", "initialAccumulatorValue": 0.5, "epsilon": 0.01},
        O.Adagrad(0.1, 0.5, 0.01),
    ),
    ({"name": "lion"}, O.Lion(0.1)),
    ({"name": "lion", "beta1": 0.6, "beta2": 0.8}, O.Lion(0.1, 0.6, 0.8)),
    ({"name": "adam", "clipNorm": 0.5}, O.Adam(0.1, global_clipnorm=0.5)),
    ({"name": "adam", "weightDecay": 0.3}, O.Adam(0.1, weight_decay=0.3)),
    (
        {"name": "adam", "useEma": True, "emaMomentum": 0.6},
        O.Adam(0.1, use_ema=True, ema_momentum=0.6),
    ),
    (
        {"name": "adam", "gradientAccumulationSteps": 3},
        O.Adam(0.1, gradient_accumulation_steps=3),
    ),
    (
        {"name": "sgd", "momentum": 0.5, "gradientAccumulationSteps": 2},
        O.SGD(0.1, 0.5, gradient_accumulation_steps=2),
    ),
]
cases = []
for seed, (config, optimizer) in enumerate(CASES):
    draw = Draw(seed)
    weights = [keras.Variable(draw(shape)) for shape in SHAPES]
    optimizer.build(weights)
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[weights[1]])
    steps = []
    for _ in range(STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(draw(shape)) for shape in SHAPES])
        steps.append([rounded(weight.numpy()) for weight in weights])
    averages = []
    if config.get("useEma"):
        averages = [rounded(v.numpy()) for v in optimizer._model_variables_moving_average]
    name = " ".join(f"{key} {value}" for key, value in config.items() if key != "name")
    case = {"name": f"{config['name']} {name}".strip(), "seed": seed}
    case |= {"config": {**config, "learningRate": 0.1}, "steps": steps, "averages": averages}
    cases.append(case)
save(["keras"], cases)
