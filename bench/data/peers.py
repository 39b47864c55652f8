"""nibabel and MONAI, for bench/data/data.ts.

    python bench/data/peers.py FOLDER read|augment

FOLDER contains tr_im.nii.gz and tr_mask.nii.gz, 512 x 512 x 100. Read: into a float32 array. Augment: eight
pairs of 369 x 369, with flips, rotation, scaling and shift, elastic deformation, gamma, noise and cutout, as
in DEFAULT_AUGMENTATION.
"""

import pathlib
import sys

import cv2
import nibabel
import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from serve import serve  # noqa: E402

folder, work = pathlib.Path(sys.argv[1]), sys.argv[2]
torch.set_num_threads(2)


def read():
    data = nibabel.load(folder / "tr_im.nii.gz").get_fdata(dtype=np.float32)
    assert data.size == 512 * 512 * 100


def augmenter():
    from monai import transforms as t

    image = np.clip((nibabel.load(folder / "tr_im.nii.gz").get_fdata(dtype=np.float32) + 1250) / 1500, 0, 1)
    mask = np.asarray(nibabel.load(folder / "tr_mask.nii.gz").dataobj).astype(np.uint8)
    pairs = [
        {
            "image": torch.from_numpy(cv2.resize(image[:, :, i], (369, 369), interpolation=cv2.INTER_AREA)[None]),
            "label": torch.from_numpy(
                cv2.resize(mask[:, :, i], (369, 369), interpolation=cv2.INTER_NEAREST_EXACT)[None].astype(np.float32)
            ),
        }
        for i in range(8)
    ]
    both, modes = ["image", "label"], ["bilinear", "nearest"]
    change = t.Compose(
        [
            t.RandFlipd(both, prob=0.5, spatial_axis=1),
            # One displacement map: rotation, scale, shift and an elastic field on a 7 x 7 grid.
            t.Rand2DElasticd(
                both,
                spacing=(62, 62),
                magnitude_range=(2, 6),
                prob=1.0,
                rotate_range=np.pi / 12,
                scale_range=(0.15, 0.15),
                translate_range=(18, 18),
                mode=modes,
                padding_mode="border",
            ),
            t.RandAdjustContrastd("image", prob=1.0, gamma=(0.7, 1.5)),
            t.RandGaussianNoised("image", prob=1.0, std=0.04),
            t.RandCoarseDropoutd("image", holes=1, spatial_size=92, prob=0.2),
        ]
    )

    def once():
        for pair in pairs:
            change(dict(pair))

    return once


serve(read if work == "read" else augmenter())
