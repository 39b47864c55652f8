"""DICOM series as pydicom writes them, with the voxels that pydicom reads from them and their affine.

With the environment of bench/requirements.txt: python test/golden/dicom.py
"""

import base64
import io
import json
import pathlib
import tempfile

import imagecodecs
import numpy as np
import PIL.Image
import pydicom
import pydicom.fileset
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComprehensiveSRStorage,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RLELossless,
    RTDoseStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    XRayRadiationDoseSRStorage,
)

random = np.random.RandomState(7)
CLASSES = {
    "CT": CTImageStorage,
    "MR": MRImageStorage,
    "PT": PositronEmissionTomographyImageStorage,
    "CR": ComputedRadiographyImageStorage,
}


def rotation():
    q, _ = np.linalg.qr(random.standard_normal((3, 3)))
    return q if np.linalg.det(q) > 0 else -q


def to_bytes(data):
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, data, enforce_file_format=True)
    return stream.getvalue()


def compress(data, plane, syntax, predictor, loss):
    """Fills in the pixels, packed as the transfer syntax says."""
    bits = data.BitsStored
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.PixelData = plane.tobytes()
    data["PixelData"].VR = "OW"
    unsigned = plane.view(f"u{plane.itemsize}") & (2**bits - 1)
    if syntax == RLELossless:
        data.compress(syntax, plane, encoding_plugin="pydicom", generate_instance_uid=False)
    elif syntax in (JPEGLSLossless, JPEG2000Lossless):
        data.compress(syntax, plane, generate_instance_uid=False)
    elif syntax == JPEGLSNearLossless:
        data.compress(syntax, plane, jls_error=loss, generate_instance_uid=False)
    elif syntax == JPEG2000:
        data.compress(syntax, plane, j2k_cr=[loss], generate_instance_uid=False)
    else:
        if syntax == JPEGBaseline8Bit:
            stream = io.BytesIO()
            PIL.Image.fromarray(plane).save(stream, "JPEG", quality=95)
            packed = stream.getvalue()
        elif syntax == JPEGExtended12Bit:
            packed = imagecodecs.jpeg8_encode(unsigned, level=95, bitspersample=12)
        else:
            packed = imagecodecs.jpeg8_encode(unsigned, lossless=True, bitspersample=bits, predictor=predictor)
        data.file_meta.TransferSyntaxUID = syntax
        data.PixelData = pydicom.encaps.encapsulate([packed])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True


def item(payload):
    return b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + payload + b"\xfe\xff\x0d\xe0" + bytes(4)


END = b"\xfe\xff\xdd\xe0" + bytes(4)


def unknown_sequence():
    """(0008,0006) as UN of undefined length: implicit inside, with a sequence of undefined length in it (CP-246)."""
    rows = b"\x28\x00\x10\x00\x02\x00\x00\x00\x63\x00"  # not the image's
    inner = b"\x08\x00\x00\x11\xff\xff\xff\xff" + item(rows) + END
    return b"\x08\x00\x06\x00UN\x00\x00\xff\xff\xff\xff" + item(rows + inner) + END


def make(
    name,
    syntax,
    *,
    series="1.2.3",
    number=None,
    modality="CT",
    photometric="MONOCHROME2",
    orientation=None,
    stored=np.int16,
    bits=None,
    slope=1,
    intercept=-1024,
    rescale_type=None,
    nested=False,
    unknown=False,
    lut=None,
    tilt=0.0,
    jitter=0.0,
    shape=(4, 5, 7),
    predictor=1,
    loss=None,
    with_itk=False,
    **tags,
):
    """One series; files in random order."""
    slices, rows, columns = shape
    axes = np.eye(3) if orientation is None else orientation
    along_columns, along_rows = axes[:, 0], axes[:, 1]  # direction of growing column, of growing row
    normal = np.cross(along_columns, along_rows)
    origin = np.array([-50.5, 20.25, 300.0])
    row_mm, column_mm, slice_mm = 0.7, 0.8, 2.5
    step = slice_mm * normal + tilt * along_rows  # gantry tilt moves each slice along its rows
    kind = np.dtype(stored)
    bits = kind.itemsize * 8 if bits is None else bits
    low, high = (-900, 3000) if kind.kind == "i" else (0, 4000)
    high = min(high, 2 ** (bits - 1 if kind.kind == "i" else bits))
    if bits == 8:
        low, high = 0, 200
    if shape[1] > 8:  # smooth, so that what is lossy has something to hold on to
        z, y, x = np.mgrid[:slices, :rows, :columns]
        wave = 0.5 + 0.4 * np.sin(x / 5 + z) * np.cos(y / 4) + random.uniform(-0.05, 0.05, shape)
        voxels = (low + wave * (high - 1 - low)).astype(stored)
    else:
        voxels = random.randint(low, high, shape).astype(stored)
    files, values, positions = [], [], []
    for index in range(slices):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CLASSES[modality]
        meta.MediaStorageSOPInstanceUID = f"{series}.{index + 1}"
        meta.TransferSyntaxUID = syntax
        data = Dataset()
        data.file_meta = meta
        data.SOPClassUID = CLASSES[modality]
        data.SOPInstanceUID = f"{series}.{index + 1}"
        data.SeriesInstanceUID = series
        if number is not None:
            data.SeriesNumber = number
        data.SeriesDescription = f"series {series}"
        data.Modality = modality
        data.InstanceNumber = slices - index  # numbered against the direction: only positions count
        if nested:
            inner = Dataset()
            inner.Rows = 99  # not the image's
            inner.CodeValue = "x"
            data.ProcedureCodeSequence = Sequence([inner])
        position = origin + index * step + jitter * (index % 2) * along_columns
        positions.append(position)
        data.ImagePositionPatient = [round(float(v), 6) for v in position]
        data.ImageOrientationPatient = [round(float(v), 9) for v in (*along_columns, *along_rows)]
        data.PixelSpacing = [row_mm, column_mm]
        data.SliceThickness = slice_mm
        data.Rows, data.Columns = rows, columns
        data.SamplesPerPixel = 1
        data.PhotometricInterpretation = photometric
        data.BitsAllocated = kind.itemsize * 8
        data.BitsStored = bits
        data.HighBit = bits - 1
        data.PixelRepresentation = int(kind.kind == "i")
        if lut is not None:
            table = Dataset()
            table.LUTDescriptor = [len(lut[1]), lut[0], 16]
            table["LUTDescriptor"].VR = "SS" if kind.kind == "i" else "US"
            table.ModalityLUTType = rescale_type or "US"
            table.LUTData = np.asarray(lut[1], "<u2").tobytes()
            table["LUTData"].VR = "OW"
            data.ModalityLUTSequence = Sequence([table])
        else:
            data.RescaleSlope, data.RescaleIntercept = slope, intercept
            if rescale_type is not None:
                data.RescaleType = rescale_type
        for tag, value in tags.items():
            setattr(data, tag, value)
        plane = voxels[index]
        if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
            compress(data, plane, syntax, predictor, loss)
        else:
            data.PixelData = (plane.byteswap() if syntax == ExplicitVRBigEndian else plane).tobytes()
            data["PixelData"].VR = "OW"
        file = to_bytes(data)
        if unknown:
            start = 132 + 12 + int.from_bytes(file[140:144], "little")
            file = file[:start] + unknown_sequence() + file[start:]
        files.append(base64.b64encode(file).decode())
        back = pydicom.dcmread(io.BytesIO(file))
        if with_itk:
            with tempfile.NamedTemporaryFile(suffix=".dcm") as place:
                place.write(file)
                place.flush()
                values.append(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(place.name))[0].astype(np.float64))
        elif syntax == JPEGExtended12Bit:
            # libjpeg's arithmetic, which most decoders share; pydicom's own plugin rounds otherwise here and there.
            frame = next(pydicom.encaps.generate_frames(back.PixelData, number_of_frames=1))
            pixels = imagecodecs.jpeg8_decode(frame)
            assert np.abs(pixels.astype(int) - back.pixel_array).max() <= 1
            values.append(apply_modality_lut(pixels, back).astype(np.float64))
        else:
            values.append(apply_modality_lut(back.pixel_array, back).astype(np.float64))
    lossy = syntax in (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000, JPEGLSNearLossless)
    if not lossy and lut is None and not with_itk:
        assert np.array_equal(np.stack(values), voxels.astype(np.float64) * slope + intercept), name
    # x is the column, y the row; DICOM's left, posterior, superior becomes right, anterior, superior.
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = along_columns * column_mm, along_rows * row_mm, step
    affine[:3, 3] = origin
    affine = np.diag([-1, -1, 1, 1]) @ affine
    order = random.permutation(slices)
    return {
        "name": name,
        "series": series,
        "files": [files[i] for i in order],
        "shape": [columns, rows, slices],
        "values": np.stack(values).ravel().tolist(),
        "affine": affine.ravel().tolist(),
        "unit": "HU" if modality == "CT" and rescale_type in (None, "HU") else "arbitrary",
    }


def echoes(count):
    """A 4D series: each place once for each echo time."""
    files = []
    for echo in range(count):
        for file in make("", ExplicitVRLittleEndian, modality="MR", intercept=0, EchoTime=4.5 * (echo + 1))["files"]:
            data = pydicom.dcmread(io.BytesIO(base64.b64decode(file)))
            data.SOPInstanceUID += f".{echo + 1}"
            data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
            files.append(base64.b64encode(to_bytes(data)).decode())
    return files


def other(sop_class, **tags):
    """A file that is no slice."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = sop_class
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.9.{sop_class.split('.')[-1]}"
    data.SeriesInstanceUID = f"1.2.9.{sop_class.split('.')[-1]}"
    for tag, value in tags.items():
        setattr(data, tag, value)
    if "PixelData" in data:
        data["PixelData"].VR = "OW"
    return base64.b64encode(to_bytes(data)).decode()


def directory(files):
    """The DICOMDIR that stands at the root of a disc."""
    with tempfile.TemporaryDirectory() as folder:
        disc = pydicom.fileset.FileSet()
        for file in files:
            data = pydicom.dcmread(io.BytesIO(base64.b64decode(file)))
            data.PatientID, data.PatientName, data.StudyInstanceUID = "1", "A", "1.2"
            data.StudyDate, data.StudyTime, data.StudyID, data.SeriesNumber = "20200101", "120000", "1", 1
            disc.add(data)
        disc.write(folder)
        return base64.b64encode((pathlib.Path(folder) / "DICOMDIR").read_bytes()).decode()


BIG = (1, 32, 36)
cases = [
    make("explicit little endian", ExplicitVRLittleEndian, number=3),
    make("implicit little endian, a sequence inside", ImplicitVRLittleEndian, nested=True),
    make("explicit, a sequence inside, oblique", ExplicitVRLittleEndian, nested=True, orientation=rotation()),
    make("explicit big endian", ExplicitVRBigEndian),
    make("deflated", DeflatedExplicitVRLittleEndian),
    make("run-length encoded", RLELossless, series="1.2.4", number=4),
    make("unsigned, slope 0.5", ExplicitVRLittleEndian, stored=np.uint16, slope=0.5, intercept=-1000),
    make("8 bits", ExplicitVRLittleEndian, stored=np.uint8, intercept=0),
    make("12 bits stored, signed", ExplicitVRLittleEndian, bits=12),
    make("coronal", ImplicitVRLittleEndian, orientation=np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)),
    make("gantry tilt", ExplicitVRLittleEndian, tilt=1.2),
    make("gantry tilt, oblique", ExplicitVRLittleEndian, tilt=-0.6, orientation=rotation()),
    make("unknown sequence of undefined length", ExplicitVRLittleEndian, unknown=True),
    make("modality LUT", ExplicitVRLittleEndian, stored=np.uint16, bits=12, lut=(100, range(60000, 57000, -1)), rescale_type="HU"),
    make("modality LUT, signed", ExplicitVRLittleEndian, lut=(-200, range(500, 1500, 2)), rescale_type="OD"),
    make("MONOCHROME1 in Hounsfield units", ExplicitVRLittleEndian, photometric="MONOCHROME1"),
    make(
        "MONOCHROME1 of MR",
        ExplicitVRLittleEndian,
        modality="MR",
        photometric="MONOCHROME1",
        stored=np.uint16,
        bits=12,
        intercept=0,
        with_itk=True,
    ),
    make("MR", ExplicitVRLittleEndian, modality="MR", stored=np.uint16, bits=12, intercept=0),
    make("PET", ExplicitVRLittleEndian, modality="PT", slope=0.25, intercept=0, rescale_type="BQML"),
    make("iodine map of a CT", ExplicitVRLittleEndian, slope=0.5, intercept=0, rescale_type="MGML"),
    make("JPEG, 8 bits", JPEGBaseline8Bit, stored=np.uint8, intercept=0, shape=BIG),
    make("extended JPEG, 12 bits", JPEGExtended12Bit, stored=np.uint16, bits=12, shape=BIG),
    make("lossless JPEG", JPEGLosslessSV1, stored=np.uint16, bits=12, shape=BIG),
    make("lossless JPEG, 8 bits", JPEGLosslessSV1, stored=np.uint8, intercept=0, shape=BIG),
    make("lossless JPEG, signed, predictor 6", JPEGLossless, predictor=6, shape=BIG),
    make("JPEG-LS", JPEGLSLossless, stored=np.uint16, bits=12, shape=BIG),
    make("JPEG-LS, signed", JPEGLSLossless, shape=BIG),
    make("JPEG-LS, near lossless", JPEGLSNearLossless, stored=np.uint16, bits=12, loss=3, shape=BIG),
    make("JPEG 2000", JPEG2000Lossless, stored=np.uint16, bits=12, shape=BIG),
    make("JPEG 2000, signed", JPEG2000Lossless, shape=BIG),
    make("JPEG 2000, 8 bits", JPEG2000Lossless, stored=np.uint8, intercept=0, shape=BIG),
    make("JPEG 2000, lossy", JPEG2000, bits=16, loss=4, shape=BIG),
]
picture = dict(Rows=4, Columns=4, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0, Modality="OT")
colours = dict(picture, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, PixelData=bytes(48))
palette = dict(picture, SamplesPerPixel=1, PhotometricInterpretation="PALETTE COLOR", PixelData=bytes(16))
place = dict(PixelSpacing=[1, 1], ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
others = {
    "structured report": other(ComprehensiveSRStorage, Modality="SR", ContentSequence=Sequence([Dataset()])),
    "radiation dose report": other(XRayRadiationDoseSRStorage, Modality="SR"),
    "RT structure set": other(RTStructureSetStorage, Modality="RTSTRUCT", StructureSetLabel="lungs"),
    "radiotherapy object": other(RTDoseStorage, **dict(picture, **place, SamplesPerPixel=1, PixelData=bytes(16))),
    "presentation state": other(GrayscaleSoftcopyPresentationStateStorage, Modality="PR"),
    "document": other(EncapsulatedPDFStorage, Modality="DOC", EncapsulatedDocument=b"%PDF-1.4"),
    "DICOMDIR": directory(cases[0]["files"][:1]),
    "picture in RGB": other(SecondaryCaptureImageStorage, **colours),
    "picture in PALETTE COLOR": other(SecondaryCaptureImageStorage, **palette, **place),
    "localiser": make(
        "",
        ExplicitVRLittleEndian,
        series="1.2.8",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        orientation=np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float),
        shape=(1, 6, 6),
    )["files"][0],
}
refused = {
    "4D": echoes(3),
    "uneven": make("", ExplicitVRLittleEndian, shape=(3, 5, 7))["files"]
    + make("", ExplicitVRLittleEndian, ImagePositionPatient=[-50.5, 20.25, 308.3], shape=(1, 5, 7))["files"],
    "beside the line": make("", ExplicitVRLittleEndian, jitter=1.5)["files"],
}
path = pathlib.Path(__file__).with_suffix(".json")
versions = {"pydicom": pydicom.__version__, "numpy": np.__version__, "SimpleITK": SimpleITK.Version.VersionString()}
path.write_text(json.dumps({**versions, "cases": cases, "others": others, "refused": refused}) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
