/** A value to write: text, integers in binary, bytes, or the items of a sequence. */
type DicomValue = string | readonly number[] | Buffer | readonly DicomDataSet[];

/** The supported value representations. */
type Kind =
  | "AT"
  | "CS"
  | "DA"
  | "DS"
  | "IS"
  | "LO"
  | "OB"
  | "PN"
  | "SH"
  | "SQ"
  | "ST"
  | "TM"
  | "UI"
  | "UL"
  | "US";

/** Elements by tag (`"00280010"`), each with its value representation. */
export type DicomDataSet = Readonly<Record<string, readonly [kind: Kind, value: DicomValue]>>;

/** Value representations with a four-byte length. */
const LONG_KINDS: readonly Kind[] = ["OB", "SQ"];
const NUMBER_BYTES: Readonly<Partial<Record<Kind, number>>> = { US: 2, UL: 4 };
const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
/** Implementation class UID of this writer, derived from a UUID, which needs no registration. */
const IMPLEMENTATION = "2.25.201867823311541738423092733116187318213";

function tagBytes(tag: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(parseInt(tag.slice(0, 4), 16), 0);
  bytes.writeUInt16LE(parseInt(tag.slice(4), 16), 2);
  return bytes;
}

function isItems(value: DicomValue): value is readonly DicomDataSet[] {
  return Array.isArray(value) && typeof value[0] !== "number";
}

function valueBytes(kind: Kind, value: DicomValue): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") {
    return kind === "AT" ? tagBytes(value) : Buffer.from(value, "utf8");
  }
  if (isItems(value)) {
    return Buffer.concat(
      value.flatMap((item) => {
        const body = encodeDataSet(item);
        const head = Buffer.from("feff00e000000000", "hex");
        head.writeUInt32LE(body.length, 4);
        return [head, body];
      }),
    );
  }
  const width = NUMBER_BYTES[kind];
  if (width === undefined) return Buffer.from(value.join("\\"), "latin1");
  const bytes = Buffer.alloc(width * value.length);
  value.forEach((number, i) => bytes.writeUIntLE(number, i * width, width));
  return bytes;
}

/** Pads to an even length: text with a space, UIDs and bytes with a zero. */
function padded(kind: Kind, bytes: Buffer): Buffer {
  if (bytes.length % 2 === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from(kind === "UI" || kind === "OB" ? "\0" : " ")]);
}

/** Encodes elements in the order of their tags, as explicit little endian. */
function encodeDataSet(dataSet: DicomDataSet): Buffer {
  return Buffer.concat(
    Object.keys(dataSet)
      .sort()
      .flatMap((tag) => {
        const [kind, value] = dataSet[tag];
        const bytes = padded(kind, valueBytes(kind, value));
        const isLong = LONG_KINDS.includes(kind);
        const length = Buffer.alloc(isLong ? 6 : 2);
        if (isLong) length.writeUInt32LE(bytes.length, 2);
        else length.writeUInt16LE(bytes.length, 0);
        return [tagBytes(tag), Buffer.from(kind, "latin1"), length, bytes];
      }),
  );
}

/**
 * Encodes a DICOM file (Part 10) in explicit little endian.
 *
 * @param dataSet must have SOPClassUID and SOPInstanceUID, which the file header repeats
 */
export function encodeDicom(dataSet: DicomDataSet): Buffer {
  const head = encodeDataSet({
    "00020001": ["OB", Buffer.from([0, 1])],
    "00020002": dataSet["00080016"],
    "00020003": dataSet["00080018"],
    "00020010": ["UI", EXPLICIT_LITTLE],
    "00020012": ["UI", IMPLEMENTATION],
    "00020013": ["SH", "LAYERBOOK"],
  });
  const length = encodeDataSet({ "00020000": ["UL", [head.length]] });
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM", "latin1"),
    length,
    head,
    encodeDataSet(dataSet),
  ]);
}
