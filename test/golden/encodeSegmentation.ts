// Writes the fixture's labels as our own segmentation, for dicomSegmentation.py to read back.
import { readDicomSlice } from "../../src/data/dicom/dicomSlice";
import { parseDicom } from "../../src/data/dicom/parseDicom";
import { encodeSegmentation } from "../../src/data/dicom/segmentation/encodeSegmentation";
import { stackSlices } from "../../src/data/dicom/stackSlices";

/** The parts of the fixture that are needed. */
interface Fixture {
  readonly images: readonly string[];
  readonly classNames: readonly string[];
  readonly ours: { readonly labels: readonly number[] };
}

/** The file, the same each time. */
export function encodeFixture({ images, classNames, ours }: Fixture): Buffer {
  const slices = images.map((file, i) =>
    readDicomSlice(parseDicom(`image ${i}`, Buffer.from(file, "base64"))),
  );
  const stack = stackSlices("images", slices);
  let uids = 0;
  return encodeSegmentation(
    {
      shape: stack.shape,
      data: Uint8Array.from(ours.labels),
      affine: stack.affine,
      spacingMm: [1, 1, 1],
      unit: "grey8",
      source: "labels",
    },
    stack,
    {
      classNames,
      date: new Date("2020-04-01T10:15:00Z"),
      createUid: () => `2.25.${++uids}`,
    },
  );
}

const [, , given] = process.argv;
if (given?.startsWith("{")) {
  process.stdout.write(encodeFixture(JSON.parse(given) as Fixture).toString("base64"));
}
