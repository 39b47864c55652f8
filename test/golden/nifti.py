"""NIfTI files as nibabel writes them, with what nibabel reads from them.

With the environment of bench/requirements.txt: python test/golden/nifti.py
"""

import base64
import gzip
import json
import pathlib

import nibabel as nib
import numpy as np

random = np.random.RandomState(3)
cases = []

SHEARED = np.array([[1.5, 0.3, 0, -10], [0.1, 2.0, 0.2, 5], [0, 0.1, 3.0, 7], [0, 0, 0, 1]])
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = nib.quaternions.quat2mat([0.1, 0.99, 0.05, -0.08]) @ np.diag([1.2, 1.9, -3.5])
OBLIQUE[:3, 3] = [33.1, -21.7, 12.3]


def doubt_of(image):
    """What nibabel knows of the place: how far sform and qform put the corners apart, in mm."""
    (sform, scode), (qform, qcode) = image.get_sform(coded=True), image.get_qform(coded=True)
    if not scode:
        return None if qcode else "unplaced"
    if not qcode:
        return None
    sides = [(-0.5, n - 0.5) for n in (list(image.shape) + [1, 1])[:3]]
    corners = np.array(np.meshgrid(*sides)).reshape(3, -1)
    apart = (sform[:3, :3] - qform[:3, :3]) @ corners + (sform[:3, 3:] - qform[:3, 3:])
    return float(np.linalg.norm(apart, axis=0).max())


def add(name, array, affine=None, sform=2, qform=1, endian="<", packed=False, slope=None, intercept=None, edit=None):
    header = nib.Nifti1Header(endianness=endian)
    header.set_data_dtype(array.dtype)
    image = nib.Nifti1Image(array, affine, header)
    if affine is not None:
        image.set_sform(affine, sform)
        if qform:
            image.set_qform(OBLIQUE if sform else affine, qform)
        else:
            image.set_qform(None, 0)
        if sform == 0:
            image.set_sform(None, 0)
    if slope is not None:
        image.header.set_slope_inter(slope, intercept)
    data = bytearray(image.to_bytes())
    if edit:
        edit(data)
    data = bytes(data)
    back = nib.Nifti1Image.from_bytes(data)
    shape = list(back.shape) + [1] * (3 - len(back.shape))
    cases.append(
        {
            "name": name,
            "file": base64.b64encode(gzip.compress(data, mtime=0) if packed else data).decode(),
            "shape": shape[:3],
            "data": [float(v) for v in back.get_fdata(dtype=np.float32).ravel(order="F")],
            "affine": [float(v) for v in back.affine.ravel()],
            "spacing": [float(v) for v in nib.affines.voxel_sizes(back.affine)],
            "axes": "".join(nib.aff2axcodes(back.affine)),
            "doubt": doubt_of(back),
        }
    )


shape = (3, 5, 2)
ranges = {
    "int8": (-128, 127), "uint8": (0, 255), "int16": (-2000, 3000), "uint16": (0, 60000), "int32": (-100000, 100000),
    "uint32": (0, 1000000), "int64": (-100000, 100000), "uint64": (0, 1000000),
}
for dtype, (low, high) in ranges.items():
    add(f"{dtype}, little", random.randint(low, high, shape).astype(dtype), SHEARED)
for dtype in ("float32", "float64"):
    add(f"{dtype}, little", (random.randn(*shape) * 300).astype(dtype), OBLIQUE)
for dtype in ("int16", "int32", "float32", "float64"):
    add(f"{dtype}, big", (random.randn(*shape) * 300).astype(dtype), OBLIQUE, endian=">")
add("int16 packed", random.randint(-1000, 1000, shape).astype("int16"), SHEARED, packed=True)
add("2D", random.randint(0, 255, (7, 5)).astype("uint8"), np.diag([-2, -3, 1, 1]))
add("qform only", random.randint(0, 255, shape).astype("uint8"), OBLIQUE, sform=0)
add("sform before qform", random.randint(0, 255, shape).astype("uint8"), OBLIQUE, sform=1, qform=4)
add("neither form", random.randint(0, 255, shape).astype("uint8"), None)
for flips in ([1, 1, 1], [-1, -1, 1], [-1, 1, -1]):
    add(f"diagonal {flips}", random.randint(0, 255, shape).astype("uint8"), np.diag(flips + [1]), sform=0)
permuted = np.array([[0, 0, -2.0, 4], [-1.0, 0, 0, 5], [0, 1.5, 0, 6], [0, 0, 0, 1]])
add("axes in another order", random.randint(0, 255, shape).astype("uint8"), permuted)


def scaled(slope, intercept):
    def edit(data):
        data[112:120] = np.array([slope, intercept], "<f4").tobytes()

    return edit


add("slope and intercept", random.randint(0, 255, shape).astype("int16"), SHEARED, edit=scaled(0.37, -1024.5))
add("slope 0 is none", random.randint(0, 255, shape).astype("int16"), SHEARED, edit=scaled(0, 7))
add("slope not a number is none", random.randint(0, 255, shape).astype("int16"), SHEARED, edit=scaled(np.nan, np.nan))
add("trailing axes of one", random.randint(0, 255, shape + (1, 1)).astype("uint8"), SHEARED)

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"nibabel": nib.__version__, "numpy": np.__version__, "cases": cases}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
