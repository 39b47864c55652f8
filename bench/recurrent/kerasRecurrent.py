"""Keras' recurrent layers under tf.function, forward and backward.

    python bench/recurrent/kerasRecurrent.py LAYER BATCH STEPS CHANNELS UNITS
"""

import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from serve import serve  # noqa: E402

kind = sys.argv[1]
batch, steps, channels, units = (int(size) for size in sys.argv[2:6])
# tfjs' GRU applies the reset gate before the product with the recurrent kernel.
layer = getattr(keras.layers, kind)(units, **({"reset_after": False} if kind == "GRU" else {}))
x = tf.constant(np.random.RandomState(7).randn(batch, steps, channels).astype("float32"))
layer(x)


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x)))
    return loss, tape.gradient(loss, layer.trainable_variables)


serve(lambda: float(step(x)[0]), parameters=layer.count_params())
