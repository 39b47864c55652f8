"""Volumes resampled onto other grids by SimpleITK, and NIfTI files in other units as it reads them.

With the environment of bench/requirements.txt: python test/golden/grids.py
"""

import base64
import json
import pathlib
import tempfile

import nibabel as nib
import numpy as np
import SimpleITK as sitk

random = np.random.RandomState(5)
LPS = np.diag([-1.0, -1.0, 1.0])


def affine(angles, spacing, origin, flips=(1, 1, 1)):
    """RAS affine of axes turned by Euler angles."""
    matrix = nib.eulerangles.euler2mat(*angles) @ np.diag(np.array(spacing) * flips)
    full = np.eye(4)
    full[:3, :3], full[:3, 3] = matrix, origin
    return full


def image_of(array, ras):
    """A SimpleITK image of [x, y, z] voxels at a RAS affine."""
    image = sitk.GetImageFromArray(array.transpose(2, 1, 0))
    spacing = np.linalg.norm(ras[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((LPS @ (ras[:3, :3] / spacing)).ravel().tolist())
    image.SetOrigin((LPS @ ras[:3, 3]).tolist())
    return image


def flat(image):
    return [round(float(v), 5) for v in sitk.GetArrayFromImage(image).ravel()]


SOURCE = affine((0.31, -0.12, 0.22), (1.1, 0.9, 2.7), (-4.3, 6.1, 11.7))
TARGETS = {
    "oblique to oblique": ((4, 5, 6), affine((-0.1, 0.2, 0.05), (1.3, 1.2, 1.1), (-3.9, 5.7, 12.9))),
    "finer, half outside": ((6, 5, 4), affine((0.31, -0.12, 0.22), (0.53, 0.47, 1.21), (-6.05, 5.03, 10.3))),
    "axes that run the other way": ((5, 3, 4), affine((0.31, 0, 0), (1.0, 1.4, 2.1), (1.1, 9.3, 18.2), (-1, -1, -1))),
}
shape = (5, 4, 3)
values = (random.randn(*shape) * 300).astype(np.float32)
labels = random.randint(0, 4, shape).astype(np.uint8)

resampled = []
for name, (size, ras) in TARGETS.items():
    reference = image_of(np.zeros(size, np.float32), ras)
    resampled.append(
        {
            "name": name,
            "shape": size,
            "affine": ras.ravel().tolist(),
            "image": flat(sitk.Resample(image_of(values, SOURCE), reference, sitk.Transform(), sitk.sitkLinear, -1000.0)),
            "labels": flat(sitk.Resample(image_of(labels, SOURCE), reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0)),
        }
    )

units = []
for name, code, size in (("micrometres", 3, 700.0), ("metres", 1, 0.0007), ("millimetres", 2, 0.7), ("not said", 0, 0.7)):
    ras = np.diag([-size, -size, 4 * size, 1.0])
    ras[:3, 3] = np.array([3, 4, 5]) * size
    image = nib.Nifti1Image(random.randint(0, 9, (3, 2, 2)).astype(np.int16), ras)
    image.header["xyzt_units"] = code
    image.set_sform(ras, 2)
    image.set_qform(ras, 2)
    data = image.to_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "units.nii"
        path.write_bytes(data)
        read = sitk.ReadImage(str(path))
    units.append(
        {
            "name": name,
            "file": base64.b64encode(data).decode(),
            "spacing": list(read.GetSpacing()),
            "origin": (LPS @ np.array(read.GetOrigin())).tolist(),
        }
    )


def headed(name, array, sform, qform, extension=None, units=2):
    """A scan as a scanner's software writes it, with the fields that a mask on its grid must keep."""
    ras = affine((0.1, 0, 0), (0.8, 0.8, 3.0), (1, 2, 3)) if array.ndim == 3 else np.diag([-0.8, -0.8, 1, 1])
    image = nib.Nifti1Image(array, ras)
    image.set_sform(ras if sform else None, sform)
    image.set_qform(ras if qform else None, qform)
    image.header["xyzt_units"] = units
    if extension:
        image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", extension))
    return {
        "name": name,
        "file": base64.b64encode(image.to_bytes()).decode(),
        "shape": list(array.shape),
        "sform": sform,
        "qform": qform,
        "units": units,
        "extensions": [e.get_content().decode() for e in image.header.extensions],
    }


scan = random.randint(-1000, 400, (4, 3, 2)).astype(np.int16)
headers = [
    headed("aligned, no qform", scan, 2, 0),
    headed("scanner qform only", scan, 0, 1),
    headed("MNI and aligned", scan, 4, 2, units=10),
    headed("micrometres", scan, 1, 1, units=3),
    headed("neither", scan, 0, 0),
    headed("2D", random.randint(0, 255, (5, 4)).astype(np.uint8), 2, 0),
    headed("extension", scan, 1, 1, extension=b"kVp 120"),
]

path = pathlib.Path(__file__).with_suffix(".json")
versions = {"SimpleITK": sitk.Version.VersionString(), "nibabel": nib.__version__, "numpy": np.__version__}
source = {
    "shape": shape,
    "affine": SOURCE.ravel().tolist(),
    "image": [float(v) for v in values.ravel(order="F")],
    "labels": labels.ravel(order="F").tolist(),
}
path.write_text(json.dumps({"versions": versions, "source": source, "resampled": resampled, "units": units, "headers": headers}) + "\n")
print(path.stat().st_size, "bytes")
