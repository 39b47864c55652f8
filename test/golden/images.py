"""PNG and JPEG files as Pillow writes them, with what Pillow reads from them.

With the environment of bench/requirements.txt: python test/golden/images.py
"""

import base64
import io
import json
import pathlib

import numpy as np
import PIL
from PIL import Image, ImageOps

random = np.random.RandomState(5)
cases = []


def add(name, image, kind, **options):
    """kind: which reader takes it: mask, grey or neither."""
    stream = io.BytesIO()
    image.save(stream, **options)
    data = stream.getvalue()
    back = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if kind == "grey" and back.mode == "RGB":
        back = back.convert("L")
    cases.append(
        {
            "name": name,
            "kind": kind,
            "format": options["format"].lower(),
            "file": base64.b64encode(data).decode(),
            "height": back.height,
            "width": back.width,
            "pixels": np.asarray(back).astype(int).ravel().tolist() if kind != "neither" else [],
        }
    )


def palette(classes, bits, height=7, width=11):
    image = Image.fromarray(random.randint(0, classes, (height, width)).astype(np.uint8), mode="P")
    # Colours in an order that says nothing: indices are the labels.
    image.putpalette([value for index in range(classes) for value in ((index * 97) % 256, 255 - index, (index * 31) % 256)])
    add(f"palette of {bits} bits", image, "mask", format="PNG", bits=bits)


palette(2, 1)
palette(4, 2)
palette(11, 4)
palette(200, 8)
add("grey mask", Image.fromarray(random.randint(0, 4, (5, 13)).astype(np.uint8)), "mask", format="PNG")
add("1-bit mask", Image.fromarray(random.randint(0, 2, (5, 13)).astype(bool)), "mask", format="PNG")
smooth = np.clip(
    128 + 90 * np.sin(np.arange(29) / 5)[:, None] * np.cos(np.arange(37) / 4)[None] + random.randn(29, 37) * 12, 0, 255
).astype(np.uint8)
add("grey", Image.fromarray(smooth), "grey", format="PNG")
add("grey as RGB", Image.fromarray(np.stack([smooth] * 3, -1)), "grey", format="PNG")
for quality in (60, 90, 100):
    add(f"JPEG quality {quality}", Image.fromarray(smooth), "grey", format="JPEG", quality=quality)
add("progressive JPEG", Image.fromarray(smooth), "grey", format="JPEG", quality=85, progressive=True)
add("JPEG in colour", Image.fromarray(np.stack([smooth, smooth // 2, 255 - smooth], -1)), "grey", format="JPEG", quality=95, subsampling=0)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(f"JPEG turned by EXIF {orientation}", Image.fromarray(smooth), "grey", format="JPEG", quality=90, exif=exif)
add("JPEG in CMYK", Image.fromarray(np.stack([smooth, smooth // 2, 255 - smooth, smooth // 3], -1), mode="CMYK"), "neither", format="JPEG", quality=95)
add("RGB mask", Image.fromarray(np.stack([smooth, smooth // 2, smooth], -1)), "neither", format="PNG")
add("16 bits", Image.fromarray(random.randint(0, 60000, (5, 6)).astype(np.uint16)), "neither", format="PNG")

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"pillow": PIL.__version__, "numpy": np.__version__, "cases": cases}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
