"""NumPy .npz files, stored and packed, C and Fortran order, with their values.

With the environment of bench/requirements.txt: python test/golden/npz.py
"""

import base64
import io
import json
import pathlib

import numpy as np

random = np.random.RandomState(13)
cases = []
for name, dtype, order, save in [
    ("float32", "float32", "C", np.savez),
    ("float64, packed", "float64", "C", np.savez_compressed),
    ("int16, Fortran order", "int16", "F", np.savez),
    ("uint8, packed", "uint8", "C", np.savez_compressed),
    ("int64, Fortran order, packed", "int64", "F", np.savez_compressed),
]:
    image = np.array(random.randint(0, 200, (2, 3, 5)), dtype=dtype, order=order)
    mask = np.array(random.randint(0, 4, (2, 3, 5)), dtype="uint8" if dtype != "int64" else "int64", order=order)
    stream = io.BytesIO()
    save(stream, image=image, mask=mask)
    cases.append(
        {
            "name": name,
            "file": base64.b64encode(stream.getvalue()).decode(),
            "image": image.astype(float).ravel().tolist(),
            "mask": mask.astype(int).ravel().tolist(),
        }
    )
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
