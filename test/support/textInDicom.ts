/** Value representations whose length takes four bytes. */
const LONG_KINDS = ["OB", "OD", "OF", "OL", "OW", "SQ", "UC", "UN", "UR", "UT"];
const KINDS: Readonly<Record<string, string>> = { "00100020": "LO", "00280008": "IS" };

/**
 * A copy of a DICOM file (explicit little endian, with preamble and header) with the texts of elements outside
 * sequences replaced; missing elements are inserted.
 *
 * @param texts by tag, such as `"00100020"`
 */
export function textInDicom(file: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const left = new Map(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
  const parts: Buffer[] = [file.subarray(0, 132)];
  for (let at = 132; at < file.length;) {
    const tag = [at, at + 2]
      .map((word) => file.readUInt16LE(word).toString(16).padStart(4, "0"))
      .join("");
    const isLong = LONG_KINDS.includes(file.toString("latin1", at + 4, at + 6));
    const value = at + (isLong ? 12 : 8);
    const end = value + (isLong ? file.readUInt32LE(at + 8) : file.readUInt16LE(at + 6));
    for (const [wanted, text] of left) {
      if (wanted > tag) break;
      parts.push(element(wanted, text));
      left.delete(wanted);
    }
    if (!(tag in texts)) parts.push(file.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function element(tag: string, text: string): Buffer {
  const kind = KINDS[tag] ?? "UI";
  const padded = text.length % 2 === 0 ? text : text + (kind === "UI" ? "\0" : " ");
  const head = Buffer.alloc(8);
  head.writeUInt16LE(parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(parseInt(tag.slice(4), 16), 2);
  head.write(kind, 4, "latin1");
  head.writeUInt16LE(padded.length, 6);
  return Buffer.concat([head, Buffer.from(padded, "latin1")]);
}
