"""A U-Net's training step in Keras 3 under tf.function.

    python bench/step/kerasStep.py BATCH SIZE keras|keras-mixed-bfloat16
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

batch, size, implementation = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if implementation == "keras-mixed-bfloat16":
    keras.mixed_precision.set_global_policy("mixed_bfloat16")


def block(x, filters):
    for _ in range(2):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        x = keras.layers.ReLU()(x)
    return x


def unet():
    inputs = keras.Input((size, size, 1))
    x, skips = inputs, []
    for level in range(4):
        skip = block(x, 16 * 2**level)
        skips.append(skip)
        x = keras.layers.MaxPooling2D(2, padding="same")(skip)
    x = block(x, 256)
    for level in reversed(range(4)):
        x = keras.layers.Conv2DTranspose(16 * 2**level, 2, strides=2, use_bias=False)(x)
        excess = x.shape[1] - skips[level].shape[1]
        if excess:
            x = keras.layers.Cropping2D(((0, excess), (0, excess)))(x)
        x = block(keras.layers.Concatenate()([skips[level], x]), 16 * 2**level)
    return keras.Model(inputs, keras.layers.Conv2D(3, 1, dtype="float32")(x))


model = unet()
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
rng = np.random.RandomState(7)
images = tf.constant(rng.rand(batch, size, size, 1).astype("float32"))
labels = tf.constant(rng.randint(0, 3, (batch, size, size)).astype("int32"))


@tf.function
def step(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_of(labels, model(images, training=True))
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss


serve(lambda: float(step(images, labels)), parameters=model.count_params())
