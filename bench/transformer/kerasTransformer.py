"""A small GPT's training step in Keras 3 under tf.function.

    python bench/transformer/kerasTransformer.py BATCH TOKENS WIDTH HEADS BLOCKS VOCABULARY
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

batch, tokens, width, heads, blocks, vocabulary = (int(size) for size in sys.argv[1:7])
layers = keras.layers


class Positions(layers.Layer):
    """A learned vector per position."""

    def build(self, shape):
        self.table = self.add_weight(shape=(tokens, width), initializer="uniform")

    def call(self, x):
        return x + self.table


inputs = keras.Input((tokens,), dtype="int32")
x = Positions()(layers.Embedding(vocabulary, width)(inputs))
for _ in range(blocks):
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    x = x + layers.MultiHeadAttention(heads, width // heads)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    y = keras.ops.gelu(layers.Dense(4 * width)(y), approximate=False)
    x = x + layers.Dense(width)(y)
x = layers.LayerNormalization(epsilon=1e-5)(x)
model = keras.Model(inputs, layers.Dense(vocabulary)(x))
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
rng = np.random.RandomState(7)
words, following = (
    tf.constant(rng.randint(0, vocabulary, (batch, tokens)).astype("int32")) for _ in range(2)
)


@tf.function
def step(words, following):
    with tf.GradientTape() as tape:
        loss = loss_of(following, model(words, training=True))
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss


serve(lambda: float(step(words, following)), parameters=model.count_params())
