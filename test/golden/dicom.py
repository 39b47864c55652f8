"""DICOM series as pydicom writes them, with the voxels and the affine that they stand for.

With the environment of bench/requirements.txt: python test/golden/dicom.py
"""

import base64
import io
import json
import pathlib

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

random = np.random.RandomState(7)
ROWS, COLUMNS, SLICES = 5, 7, 4


def rotation():
    q, _ = np.linalg.qr(random.standard_normal((3, 3)))
    return q if np.linalg.det(q) > 0 else -q


def make(name, syntax, *, series="1.2.3", orientation=None, stored=np.int16, slope=1, intercept=-1024, nested=False):
    """One series; files in random order."""
    axes = np.eye(3) if orientation is None else orientation
    along_columns, along_rows = axes[:, 0], axes[:, 1]  # direction of growing column, of growing row
    normal = np.cross(along_columns, along_rows)
    origin = np.array([-50.5, 20.25, 300.0])
    row_mm, column_mm, slice_mm = 0.7, 0.8, 2.5
    low, high = (0, 200) if np.dtype(stored).itemsize == 1 else ((-900, 3000) if np.dtype(stored).kind == "i" else (0, 4000))
    voxels = random.randint(low, high, (SLICES, ROWS, COLUMNS)).astype(stored)
    files = []
    for index in range(SLICES):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"{series}.{index + 1}"
        meta.TransferSyntaxUID = syntax
        data = Dataset()
        data.file_meta = meta
        data.SOPClassUID = CTImageStorage
        data.SOPInstanceUID = f"{series}.{index + 1}"
        data.SeriesInstanceUID = series
        data.SeriesDescription = f"series {series}"
        data.Modality = "CT"
        data.InstanceNumber = SLICES - index  # numbered against the direction: only positions count
        if nested:
            inner = Dataset()
            inner.Rows = 99  # not the image's
            inner.CodeValue = "x"
            data.ProcedureCodeSequence = Sequence([inner])
        data.ImagePositionPatient = [round(float(v), 6) for v in origin + index * slice_mm * normal]
        data.ImageOrientationPatient = [round(float(v), 9) for v in (*along_columns, *along_rows)]
        data.PixelSpacing = [row_mm, column_mm]
        data.Rows, data.Columns = ROWS, COLUMNS
        data.SamplesPerPixel = 1
        data.PhotometricInterpretation = "MONOCHROME2"
        bits = np.dtype(stored).itemsize * 8
        data.BitsAllocated = data.BitsStored = bits
        data.HighBit = bits - 1
        data.PixelRepresentation = int(np.dtype(stored).kind == "i")
        data.RescaleSlope, data.RescaleIntercept = slope, intercept
        plane = voxels[index]
        if syntax == RLELossless:
            data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            data.PixelData = plane.tobytes()
            data.compress(RLELossless, plane, encoding_plugin="pydicom", generate_instance_uid=False)
        elif syntax == JPEG2000Lossless:
            data.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51not a picture"])
            data["PixelData"].VR = "OB"
        else:
            data.PixelData = (plane.byteswap() if syntax == ExplicitVRBigEndian else plane).tobytes()
            data["PixelData"].VR = "OW"
        stream = io.BytesIO()
        pydicom.dcmwrite(stream, data, enforce_file_format=True)
        files.append(base64.b64encode(stream.getvalue()).decode())
    # x is the column, y the row; DICOM's left, posterior, superior becomes right, anterior, superior.
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = along_columns * column_mm, along_rows * row_mm, normal * slice_mm
    affine[:3, 3] = origin
    affine = np.diag([-1, -1, 1, 1]) @ affine
    order = random.permutation(SLICES)
    return {
        "name": name,
        "series": series,
        "files": [files[i] for i in order],
        "shape": [COLUMNS, ROWS, SLICES],
        "values": (voxels.astype(np.float64) * slope + intercept).ravel().tolist(),
        "affine": affine.ravel().tolist(),
    }


cases = [
    make("explicit little endian", ExplicitVRLittleEndian),
    make("implicit little endian, a sequence inside", ImplicitVRLittleEndian, nested=True),
    make("explicit, a sequence inside, oblique", ExplicitVRLittleEndian, nested=True, orientation=rotation()),
    make("explicit big endian", ExplicitVRBigEndian),
    make("deflated", DeflatedExplicitVRLittleEndian),
    make("run-length encoded", RLELossless, series="1.2.4"),
    make("unsigned, slope 0.5", ExplicitVRLittleEndian, stored=np.uint16, slope=0.5, intercept=-1000),
    make("8 bits", ExplicitVRLittleEndian, stored=np.uint8, intercept=0),
    make("coronal", ImplicitVRLittleEndian, orientation=np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)),
    make("JPEG 2000", JPEG2000Lossless),
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"pydicom": pydicom.__version__, "numpy": np.__version__, "cases": cases}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
