"""Keras' recurrent layers: values, final states and gradients, with masks, both directions and dropout."""

import os
import sys

# statistics.py beside this script must not hide Python's own.
sys.path.append(sys.path.pop(0))
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402

from common import Draw, rounded, save  # noqa: E402

BATCH, TIME, CHANNELS, UNITS = 2, 7, 3, 5
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def create(kind, args):
    given = {"recurrent_activation": "hard_sigmoid", **args} if kind != "SimpleRNN" else dict(args)
    # Keras 3 divides by 6 where Keras 2 and tfjs multiply by 0.2.
    if given.get("recurrent_activation") == "hard_sigmoid":
        given["recurrent_activation"] = lambda x: keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
    if kind == "GRU":
        given["reset_after"] = False
    return getattr(keras.layers, kind)(UNITS, **given)


def case(name, seed, kind, args, has_mask=False, is_bidirectional=False):
    """Draws x, the weights (per direction kernel, recurrent kernel, bias) and each output's gradient."""
    draw = Draw(seed)
    x = tf.Variable(draw([BATCH, TIME, CHANNELS]))
    layer = create(kind, args)
    if is_bidirectional:
        layer = keras.layers.Bidirectional(layer, merge_mode="concat")
    layer.build([BATCH, TIME, CHANNELS])
    layer.set_weights([draw(weight.shape, 0.5) for weight in layer.weights])
    mask = numpy.array([[1, 1, 0, 1, 1, 0, 0], [0, 1, 1, 1, 0, 1, 1]], dtype=bool)
    with tf.GradientTape() as tape:
        outputs = layer(x, mask=tf.constant(mask) if has_mask else None)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        loss = sum(tf.reduce_sum(y * draw(y.shape)) for y in outputs)
    gradients = tape.gradient(loss, [x, *layer.trainable_weights])
    return {
        "name": name,
        "seed": seed,
        "kind": kind,
        "args": args,
        "mask": mask.astype(int).tolist() if has_mask else None,
        "bidirectional": is_bidirectional,
        "outputs": [rounded(y) for y in outputs],
        "gradients": [rounded(gradient) for gradient in gradients],
    }


def drop_mask(rate, width, seed):
    """What a recorded step of ours draws: TensorFlow's op of the seed and the count of draws."""
    uniform = tf.raw_ops.StatelessRandomUniform(shape=[BATCH, width], seed=seed)
    return tf.cast(uniform >= rate, tf.float32) / (1 - rate)


def dropout_case(name, seed, kind, args):
    """A training call, with the masks of Keras' cells replaced by ours."""
    draw = Draw(seed)
    x = tf.Variable(draw([BATCH, TIME, CHANNELS]))
    layer = create(kind, args)
    layer.build([BATCH, TIME, CHANNELS])
    layer.set_weights([draw(weight.shape, 0.5) for weight in layer.weights])
    cell, count = layer.cell, 0
    # One mask for all gates, also where Keras would draw one for each.
    alike = (lambda mask: [mask] * 4) if getattr(cell, "implementation", 2) == 1 else (lambda mask: mask)
    if cell.dropout > 0:
        inputs = alike(drop_mask(cell.dropout, CHANNELS, [seed, count]))
        cell.get_dropout_mask = lambda _: inputs
        count += 1
    if cell.recurrent_dropout > 0:
        states = alike(drop_mask(cell.recurrent_dropout, UNITS, [seed, count]))
        cell.get_recurrent_dropout_mask = lambda _: states
    with tf.GradientTape() as tape:
        y = layer(x, training=True)
        loss = tf.reduce_sum(y * draw(y.shape))
    gradients = tape.gradient(loss, [x, *layer.trainable_weights])
    return {
        "name": name,
        "seed": seed,
        "kind": kind,
        "args": args,
        "mask": None,
        "bidirectional": False,
        "training": True,
        "outputs": [rounded(y)],
        "gradients": [rounded(gradient) for gradient in gradients],
    }


def stateful_case(name, seed, kind, args, has_mask=False):
    """Three calls with `stateful`, and the gradients of the second: it goes on from the first, the third starts anew."""
    draw = Draw(seed)
    inputs = [tf.Variable(draw([BATCH, TIME, CHANNELS])) for _ in range(2)]
    layer = create(kind, {**args, "stateful": True})
    layer.build([BATCH, TIME, CHANNELS])
    for weight in layer.trainable_weights:
        weight.assign(draw(weight.shape, 0.5))
    # Of a masked first step Keras puts out 0, and tfjs the state; none is masked here.
    mask = numpy.array([[1, 1, 0, 1, 1, 0, 0], [1, 1, 1, 1, 0, 1, 1]], dtype=bool)
    given = tf.constant(mask) if has_mask else None
    first = layer(inputs[0], mask=given)
    with tf.GradientTape() as tape:
        second = layer(inputs[1], mask=given)
        loss = tf.reduce_sum(second * draw(second.shape))
    gradients = tape.gradient(loss, [inputs[1], *layer.trainable_weights])
    layer.reset_state()
    third = layer(inputs[1], mask=given)
    return {
        "name": name,
        "seed": seed,
        "kind": kind,
        "args": {**args, "stateful": True},
        "mask": mask.astype(int).tolist() if has_mask else None,
        "bidirectional": False,
        "outputs": [rounded(y) for y in (first, second, third)],
        "gradients": [rounded(gradient) for gradient in gradients],
    }


cases = []
for kind in GATES:
    sigmoid = {} if kind == "SimpleRNN" else {"recurrent_activation": "sigmoid"}
    cases += [
        case(f"{kind}, last output", 1, kind, {}),
        case(f"{kind}, sequences and states", 2, kind, {**sigmoid, "return_sequences": True, "return_state": True}),
        case(f"{kind}, masked, backwards", 3, kind, {**sigmoid, "go_backwards": True, "use_bias": False}, True),
        case(f"{kind}, masked sequences", 4, kind, {"return_sequences": True}, True),
        case(f"{kind}, both directions", 5, kind, {**sigmoid, "return_sequences": True}, False, True),
        case(f"{kind}, both directions, masked", 6, kind, sigmoid, True, True),
        case(f"{kind}, both directions, masked sequences", 7, kind, {**sigmoid, "return_sequences": True}, True, True),
        case(f"{kind}, backwards, no bias", 10, kind, {**sigmoid, "go_backwards": True, "use_bias": False}),
        dropout_case(f"{kind}, dropout", 8, kind, {**sigmoid, "dropout": 0.4}),
        dropout_case(
            f"{kind}, both dropouts",
            9,
            kind,
            {**sigmoid, "dropout": 0.3, "recurrent_dropout": 0.4, "return_sequences": True},
        ),
        stateful_case(f"{kind}, stateful", 10, kind, sigmoid),
        stateful_case(f"{kind}, stateful, masked sequences", 11, kind, {**sigmoid, "return_sequences": True}, True),
    ]
save(["keras", "tensorflow-cpu"], cases)
