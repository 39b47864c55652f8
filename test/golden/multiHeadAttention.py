"""Keras 3's MultiHeadAttention (torch backend): values and gradients with the same weights."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch

from common import Draw, rounded, save

# name, inputs (query, value, key), layer's arguments, call's arguments
CASES = [
    ("self", [[2, 7, 5]], dict(num_heads=3, key_dim=2), {}),
    ("value_dim", [[2, 7, 5]], dict(num_heads=2, key_dim=3, value_dim=7), {}),
    ("output_shape", [[2, 5, 11]], dict(num_heads=2, key_dim=3, output_shape=13), {}),
    ("no bias", [[3, 5, 7]], dict(num_heads=2, key_dim=5, use_bias=False), {}),
    ("cross", [[2, 7, 5], [2, 11, 3]], dict(num_heads=3, key_dim=2, output_shape=5), {}),
    ("cross, own key", [[2, 7, 5], [2, 11, 3], [2, 11, 2]], dict(num_heads=2, key_dim=3), {}),
    ("causal", [[2, 7, 5]], dict(num_heads=3, key_dim=2), dict(use_causal_mask=True)),
    ("causal cross", [[2, 5, 3], [2, 7, 3]], dict(num_heads=2, key_dim=2), dict(use_causal_mask=True)),
    ("attention mask", [[2, 5, 3], [2, 7, 11]], dict(num_heads=2, key_dim=3), dict(mask="pairs")),
    ("padding masks", [[2, 5, 3], [2, 7, 11]], dict(num_heads=2, key_dim=3), dict(mask="padding")),
    ("image", [[2, 3, 5, 7]], dict(num_heads=2, key_dim=3), {}),
    ("image, rows", [[2, 3, 5, 7]], dict(num_heads=2, key_dim=3, attention_axes=(2,)), {}),
    ("image, columns", [[2, 3, 5, 7]], dict(num_heads=2, key_dim=3, attention_axes=(1,)), {}),
    ("image, cross", [[2, 3, 5, 7], [2, 3, 11, 2]], dict(num_heads=3, key_dim=2, attention_axes=(2,)), {}),
    ("image, axes swapped", [[2, 3, 5, 2]], dict(num_heads=3, key_dim=2, attention_axes=(2, 1)), {}),
    ("volume, two axes", [[2, 2, 3, 5, 3]], dict(num_heads=1, key_dim=7, attention_axes=(2, 3)), {}),
]

cases = []
for seed, (name, shapes, args, call) in enumerate(CASES):
    draw = Draw(seed)
    given = [torch.tensor(draw(shape), requires_grad=True) for shape in shapes]
    layer = keras.layers.MultiHeadAttention(**args)
    layer.build(*[shapes[min(index, len(shapes) - 1)] for index in range(3)][:3])
    weights = []
    for variable in layer.weights:
        parts = variable.path.split("/")[-2:]
        shape = list(variable.shape)
        scale = 0.5
        variable.assign(torch.tensor(draw(shape, scale)))
        weights.append(["/".join(parts), shape, scale, 0.0])
    options = dict(call)
    kind = options.pop("mask", None)
    mask_shapes = []
    if kind == "pairs":
        mask_shapes = [[shapes[0][0], shapes[0][1], shapes[1][1]]]
    if kind == "padding":
        mask_shapes = [shapes[0][:2], shapes[1][:2]]
    masks = [torch.tensor(draw(shape)) > -0.5 for shape in mask_shapes]
    if kind == "pairs":
        options["attention_mask"] = masks[0]
    if kind == "padding":
        # Not the query's: Keras lets a query that may attend nothing attend everything.
        options["value_mask"] = masks[1]
    query, value, key = (given * 3)[:3] if len(given) == 1 else (given + [given[1]])[:3]
    output, scores = layer(query, value, key, return_attention_scores=True, **options)
    output.backward(torch.tensor(draw(list(output.shape))))
    gradients = {f"input{index}": rounded(x.grad) for index, x in enumerate(given)}
    for (path, *_), variable in zip(weights, layer.weights):
        gradients[path] = rounded(variable.value.grad)
    cases.append(
        {
            "name": name,
            "seed": seed,
            "inputs": shapes,
            "args": args,
            "causal": options.get("use_causal_mask", False),
            "maskKind": kind,
            "maskShapes": mask_shapes,
            "weights": weights,
            "outputShape": list(output.shape),
            "output": rounded(output.detach()),
            "scores": rounded(scores.detach()),
            "gradients": gradients,
        }
    )
save(["keras", "torch"], cases)
