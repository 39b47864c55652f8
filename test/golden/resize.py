"""cv2's resize of an image (area and linear) and of labels (nearest), and the whole way from 512 to 369.

With the environment of bench/requirements.txt: python test/golden/resize.py
"""

import json
import pathlib

import cv2
import numpy as np

random = np.random.RandomState(11)


def plane(height, width):
    return random.standard_normal(height * width).reshape(height, width).astype(np.float32)


cases = []
for (height, width), (to_height, to_width) in [
    ((17, 23), (7, 11)),
    ((16, 24), (8, 8)),
    ((13, 11), (29, 31)),
    ((19, 7), (11, 13)),
    ((7, 19), (13, 11)),
    ((5, 5), (5, 5)),
    ((41, 37), (3, 2)),
]:
    image = plane(height, width)
    labels = random.randint(0, 4, (height, width)).astype(np.uint8)
    size = (to_width, to_height)
    case = {"height": height, "width": width, "toHeight": to_height, "toWidth": to_width}
    case["image"] = [round(float(v), 6) for v in image.ravel()]
    image = np.array(case["image"], np.float32).reshape(height, width)
    case["area"] = [float(v) for v in cv2.resize(image, size, interpolation=cv2.INTER_AREA).ravel()]
    case["linear"] = [float(v) for v in cv2.resize(image, size, interpolation=cv2.INTER_LINEAR).ravel()]
    case["labels"] = labels.ravel().tolist()
    case["nearest"] = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT).ravel().tolist()
    cases.append(case)

# The paper's size: inputs that both languages can make, and a few of the results.
big = ((np.arange(512)[:, None] * 7 + np.arange(512)[None] * 13) % 251).astype(np.float32)
small = {
    name: cv2.resize(big, (369, 369), interpolation=flag)
    for name, flag in (("area", cv2.INTER_AREA), ("linear", cv2.INTER_LINEAR))
}
picks = random.randint(0, 369, (40, 2)).tolist()
paper = {
    "picks": picks,
    **{name: [float(image[r, c]) for r, c in picks] for name, image in small.items()},
    **{f"{name}Mean": float(image.mean(dtype=np.float64)) for name, image in small.items()},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"opencv": cv2.__version__, "cases": cases, "paper": paper}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
