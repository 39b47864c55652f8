"""Reference scores for the phantom: the best single grey threshold, and MONAI's BasicUNet.

With the environment of bench/requirements.txt:

    python bench/phantom_reference.py DIR [--train 52] [--test 16] [--size 128] [--steps 312]

DIR contains tr_im.nii.gz and tr_mask.nii.gz, written by `writePhantom`. The first --train slices are for
training, the last --test slices for testing. The network is trained as in `npm run demo`: Dice and cross-entropy
with one Dice score per batch, Adam with warm-up and cosine decay, gradient clipping. Dice is the mean over
foreground classes of the mean over the slices that contain the class; a class that no test slice contains is left
out. The threshold is fitted on the test slices, separately for each class and in the better direction, so no
single threshold can do better; "band" has two.
"""

import argparse
import json
import time

import cv2
import monai
import nibabel
import numpy as np
import torch

LOW, HIGH = -1250, 250
CLASSES = 4


def load(folder, size):
    image = nibabel.load(f"{folder}/tr_im.nii.gz").get_fdata(dtype=np.float32)
    mask = np.asarray(nibabel.load(f"{folder}/tr_mask.nii.gz").dataobj).astype(np.uint8)
    grey = np.clip((image - LOW) / (HIGH - LOW), 0, 1)
    grey = [cv2.resize(plane, (size, size), interpolation=cv2.INTER_AREA) for plane in np.moveaxis(grey, 2, 0)]
    labels = [
        cv2.resize(plane, (size, size), interpolation=cv2.INTER_NEAREST_EXACT) for plane in np.moveaxis(mask, 2, 0)
    ]
    return np.stack(grey), np.stack(labels).astype(np.int64)


def dice_by_class(truth, predicted_of_class):
    """Mean over the slices that contain the class; NaN if none does."""
    scores = []
    for label in range(1, CLASSES):
        values = []
        for index, plane in enumerate(truth):
            wanted = plane == label
            if not wanted.any():
                continue
            found = predicted_of_class(label)[index]
            values.append(2 * (wanted & found).sum() / (wanted.sum() + found.sum()))
        scores.append(float(np.mean(values)) if values else float("nan"))
    return scores


def best_threshold(grey, truth, levels=64):
    """For each class the best threshold, in either direction, and the best band."""
    single, band = [], []
    edges = np.linspace(0, 1, levels + 1)
    for label in range(1, CLASSES):
        # counts[slice, level]: pixels of the class, and all pixels, at each grey level
        cases = [index for index in range(len(truth)) if (truth[index] == label).any()]
        if not cases:
            single.append(float("nan"))
            band.append(float("nan"))
            continue
        inside = np.stack([np.histogram(grey[i][truth[i] == label], edges)[0] for i in cases])
        everything = np.stack([np.histogram(grey[i], edges)[0] for i in cases])
        total = inside.sum(1)
        best_single = best_band = 0.0
        for low in range(levels):
            for high in range(low + 1, levels + 1):
                hit, found = inside[:, low:high].sum(1), everything[:, low:high].sum(1)
                score = float(np.mean(2 * hit / (total + found)))
                best_band = max(best_band, score)
                if low == 0 or high == levels:
                    best_single = max(best_single, score)
        single.append(best_single)
        band.append(best_band)
    return single, band


def train_unet(grey, labels, steps, batch, rate, seed):
    torch.manual_seed(seed)
    random = np.random.RandomState(seed)
    net = monai.networks.nets.BasicUNet(spatial_dims=2, in_channels=1, out_channels=CLASSES)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    warmup = max(1, round(0.05 * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warmup, 0.505 + 0.495 * np.cos(np.pi * max(0, step - warmup) / (steps - warmup))),
    )
    dice = monai.losses.DiceCELoss(softmax=True, to_onehot_y=True, batch=True)
    order = np.empty(0, int)
    for _ in range(steps):
        if len(order) < batch:
            order = np.concatenate([order, random.permutation(len(grey))])
        pick, order = order[:batch], order[batch:]
        logits = net(torch.from_numpy(grey[pick][:, None]))
        loss = dice(logits, torch.from_numpy(labels[pick][:, None]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net.eval(), float(loss.detach())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--train", type=int, default=52)
    parser.add_argument("--test", type=int, default=16)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=312)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    grey, labels = load(args.folder, args.size)
    test_grey, test_labels = grey[-args.test :], labels[-args.test :]
    single, band = best_threshold(test_grey, test_labels)
    start = time.time()
    net, loss = train_unet(
        grey[: args.train], labels[: args.train], args.steps, args.batch, args.rate, args.seed
    )
    seconds = time.time() - start
    with torch.no_grad():
        predicted = net(torch.from_numpy(test_grey[:, None])).argmax(1).numpy()
    unet = dice_by_class(test_labels, lambda label: predicted == label)
    record = {
        "versions": {"monai": monai.__version__, "torch": torch.__version__},
        "slices": {"train": args.train, "test": len(test_grey)},
        "size": args.size,
        "steps": args.steps,
        "batch": args.batch,
        "rate": args.rate,
        "seed": args.seed,
        "lastLoss": loss,
        "seconds": round(seconds, 1),
        "dice": {
            "threshold": {"perClass": single, "mean": float(np.nanmean(single))},
            "band": {"perClass": band, "mean": float(np.nanmean(band))},
            "basicUNet": {"perClass": unet, "mean": float(np.nanmean(unet))},
        },
    }
    print(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()
