"""DICOM segmentations that highdicom writes, as it reads them; and ours, as it reads them.

With the environment of bench/requirements.txt: python test/golden/dicomSegmentation.py
Our own file comes from test/golden/encodeSegmentation.ts, which this script bundles and runs.
"""

import base64
import io
import json
import pathlib
import subprocess

import highdicom
import numpy as np
import pydicom
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription, Segmentation, segread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEGLSLossless

HERE = pathlib.Path(__file__).parent
random = np.random.RandomState(11)
ROWS, COLUMNS, SLICES = 5, 7, 4


def encode(data):
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, data, enforce_file_format=True)
    return base64.b64encode(stream.getvalue()).decode()


def series(uid, tilt=0.0):
    q, _ = np.linalg.qr(random.standard_normal((3, 3)))
    along_columns, along_rows = q[:, 0], q[:, 1]
    step = 2.5 * np.cross(along_columns, along_rows) + tilt * along_rows
    images = []
    for index in range(SLICES):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"{uid}.{index + 1}"
        data.SpecificCharacterSet = "ISO_IR 100"
        data.StudyDate, data.StudyTime, data.AccessionNumber = "20200401", "101500", "A7"
        data.Modality, data.Manufacturer, data.ReferringPhysicianName = "CT", "", ""
        data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "M\xfcller^A", "P1", "19500102", "O"
        data.StudyInstanceUID, data.SeriesInstanceUID, data.StudyID = "1.2.7", uid, "7"
        data.SeriesNumber, data.InstanceNumber = 2, index + 1
        data.FrameOfReferenceUID, data.PositionReferenceIndicator = "1.2.7.9", ""
        data.SliceThickness, data.PixelSpacing = 2.5, [0.7, 0.8]
        data.ImagePositionPatient = [round(float(v), 6) for v in np.array([-50.5, 20.25, 300.0]) + index * step]
        data.ImageOrientationPatient = [round(float(v), 9) for v in (*along_columns, *along_rows)]
        data.Rows, data.Columns, data.SamplesPerPixel = ROWS, COLUMNS, 1
        data.PhotometricInterpretation, data.PixelRepresentation = "MONOCHROME2", 1
        data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
        data.RescaleSlope, data.RescaleIntercept = 1, -1024
        data.PixelData = random.randint(-900, 3000, (ROWS, COLUMNS)).astype(np.int16).tobytes()
        data["PixelData"].VR = "OW"
        images.append(data)
    return images


def segment(number, label, code):
    return SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=code,
        algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
    )


SEGMENTS = [
    segment(1, "ground-glass opacity", codes.DCM.GroundGlassOpacity),
    segment(2, "pleural effusion", codes.SCT.PleuralEffusion),
]


def write(images, pixels, kind, **options):
    return Segmentation(
        images, pixels, kind, SEGMENTS, highdicom.UID(), 100, highdicom.UID(), 1, "maker", "model", "1", "0", **options
    )


def labels_of(file):
    """Slice after slice, as highdicom combines the segments."""
    seg = segread(io.BytesIO(base64.b64decode(file)))
    uids = [image.SOPInstanceUID for image in images]
    labels = seg.get_pixels_by_source_instance(uids, combine_segments=True, ignore_spatial_locations=True, assert_missing_frames_are_empty=True)
    return seg, labels.astype(int).ravel().tolist()


images = series("1.2.7.1", tilt=0.4)
labels = random.randint(0, 3, (SLICES, ROWS, COLUMNS)).astype(np.uint8)
labels[1] = 0  # a slice without a frame
labels[2][labels[2] == 2] = 0  # a segment without a frame on this slice
cases = []
for name, kind, options in [
    ("binary", "BINARY", {}),
    ("binary, every frame", "BINARY", {"omit_empty_frames": False}),
    ("label map", "LABELMAP", {}),
    ("label map, JPEG-LS", "LABELMAP", {"transfer_syntax_uid": JPEGLSLossless}),
]:
    file = encode(write(images, labels, kind, **options))
    read = labels_of(file)[1]
    assert read == labels.astype(int).ravel().tolist(), name
    cases.append({"name": name, "file": file, "labels": read})
overlapping = np.zeros((SLICES, ROWS, COLUMNS, 2), np.uint8)
overlapping[:, 1:3, 1:4, 0] = 1
overlapping[:, 2:4, 3:6, 1] = 1
refused = {
    "overlapping": encode(write(images, overlapping, "BINARY")),
    "fractional": encode(write(images, overlapping / 2, "FRACTIONAL")),
    "elsewhere": encode(write(series("1.2.7.2"), labels, "BINARY")),
}

fixture = {
    "highdicom": highdicom.__version__,
    "pydicom": pydicom.__version__,
    "images": [encode(image) for image in images],
    "classNames": ["background", "ground-glass opacity", "pleural effusion", "Gef\xe4\xdf"],
    "cases": cases,
    "refused": refused,
}
ours = labels.copy()
ours[3, 0] = 3
fixture["ours"] = {"labels": ours.astype(int).ravel().tolist()}
bundle = subprocess.run(
    ["npx", "esbuild", str(HERE / "encodeSegmentation.ts"), "--bundle", "--platform=node", "--log-level=error"],
    check=True,
    capture_output=True,
).stdout
fixture["ours"]["file"] = subprocess.run(
    ["node", "-", json.dumps(fixture)], input=bundle, check=True, capture_output=True
).stdout.decode()
seg, read = labels_of(fixture["ours"]["file"])
assert read == fixture["ours"]["labels"]
first = images[0]
for keyword in ["PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "AccessionNumber", "FrameOfReferenceUID"]:
    assert seg[keyword].value == first[keyword].value, keyword
referenced = seg.ReferencedSeriesSequence[0]
assert referenced.SeriesInstanceUID == first.SeriesInstanceUID
assert [str(item.ReferencedSOPInstanceUID) for item in referenced.ReferencedInstanceSequence] == [i.SOPInstanceUID for i in images]
shared = seg.SharedFunctionalGroupsSequence[0]
assert list(shared.PlaneOrientationSequence[0].ImageOrientationPatient) == list(first.ImageOrientationPatient)
assert list(shared.PixelMeasuresSequence[0].PixelSpacing) == list(first.PixelSpacing)
for frame in seg.PerFrameFunctionalGroupsSequence:
    source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
    image = next(image for image in images if image.SOPInstanceUID == source)
    assert list(frame.PlanePositionSequence[0].ImagePositionPatient) == list(image.ImagePositionPatient)
fixture["ours"]["segments"] = [
    {
        "label": description.segment_label,
        "code": [description.segmented_property_type.value, description.segmented_property_type.scheme_designator],
    }
    for description in map(seg.get_segment_description, seg.segment_numbers)
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(fixture) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes", fixture["ours"]["segments"])
