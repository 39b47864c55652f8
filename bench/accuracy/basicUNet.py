"""MONAI's BasicUNet on one fold: the peer of bench/accuracy, trained on the same slices for as many steps.

    python bench/accuracy/basicUNet.py JOB.json

JOB.json: {"data", "train", "test", "seed", "size", "batchSize", "steps", "learningRate"}; prints
{"cases": [{"id", "dice": [ground-glass, consolidation]}], "parameters", "seconds", "cpuSeconds"} with null
if the truth does not contain the class.

Dice and cross-entropy with one Dice score per image (`DiceCELoss`), Adam with warm-up and cosine decay,
gradient clipping; MONAI's flips, rotations, scaling and gamma; slices resized by area, masks by nearest
neighbour; class probabilities are resized back to the slice's grid bilinearly, as in layerbook. bfloat16 by
autocast if the job requests it.
"""

import json
import resource
import sys
import time

import cv2
import monai
import numpy as np
import torch
from monai.transforms import Compose, RandAdjustContrastd, RandAffined, RandFlipd
from PIL import Image

CLASSES = 3


def read(folder, name):
    grey = np.asarray(Image.open(f"{folder}/Imgs/{name}.jpg").convert("L"), np.float32) / 255
    return grey, np.asarray(Image.open(f"{folder}/GT/{name}.png"))


def main():
    job = json.load(open(sys.argv[1]))
    size, batch, steps, seed = (job[key] for key in ("size", "batchSize", "steps", "seed"))
    monai.utils.set_determinism(seed)
    grey, labels = zip(*(read(job["data"], name) for name in job["train"]))
    grey = [cv2.resize(g, (size, size), interpolation=cv2.INTER_AREA)[None] for g in grey]
    labels = [cv2.resize(y, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)[None] for y in labels]
    augment = Compose(
        [
            RandFlipd(["x", "y"], prob=0.5, spatial_axis=1),
            RandAffined(
                ["x", "y"],
                prob=1,
                rotate_range=np.pi / 12,
                scale_range=((-0.15, 0.2), (-0.15, 0.2)),
                translate_range=0.05 * size,
                mode=("bilinear", "nearest"),
                padding_mode="zeros",
            ),
            RandAdjustContrastd(["x"], prob=1, gamma=(0.7, 1.5)),
        ]
    ).set_random_state(seed)
    net = monai.networks.nets.BasicUNet(spatial_dims=2, in_channels=1, out_channels=CLASSES)
    optimizer = torch.optim.Adam(net.parameters(), lr=job["learningRate"])
    warmup = max(1, round(0.05 * steps))
    floor = 0.01
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (step + 1) / warmup
        if step < warmup
        else floor + (1 - floor) * 0.5 * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))),
    )
    criterion = monai.losses.DiceCELoss(softmax=True, to_onehot_y=True)
    random = np.random.RandomState(seed)
    order = np.empty(0, int)
    start = time.time()
    for _ in range(steps):
        if len(order) < batch:
            order = random.permutation(len(grey))
        pick, order = order[:batch], order[batch:]
        pairs = [augment({"x": grey[i], "y": labels[i].astype(np.float32)}) for i in pick]
        x = torch.stack([torch.as_tensor(pair["x"]) for pair in pairs]).clamp(0, 1)
        y = torch.stack([torch.as_tensor(pair["y"]) for pair in pairs])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=job["precision"] == "bfloat16"):
            logits = net(x)
        loss = criterion(logits.float(), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    seconds = time.time() - start
    net.eval()
    cases = []
    for name in job["test"]:
        image, truth = read(job["data"], name)
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            shares = torch.softmax(net(torch.from_numpy(small)[None, None]), 1)
        height, width = truth.shape
        shares = torch.nn.functional.interpolate(shares, (height, width), mode="bilinear", align_corners=False)
        found = shares[0].argmax(0).numpy()
        dice = []
        for label in range(1, CLASSES):
            wanted, got = truth == label, found == label
            dice.append(2 * (wanted & got).sum() / (wanted.sum() + got.sum()) if wanted.any() else None)
        cases.append({"id": name, "dice": [None if d is None else round(float(d), 6) for d in dice]})
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cases": cases,
                "parameters": sum(p.numel() for p in net.parameters()),
                "steps": steps,
                "lastLoss": float(loss.detach()),
                "seconds": round(seconds, 1),
                "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
