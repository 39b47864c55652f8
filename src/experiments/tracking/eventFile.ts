import { ProtoWriter } from "../../engine/protobuf";

/** A value of a curve. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** One record of an event file. */
export interface LoggedEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars?: readonly Scalar[];
  /** Set in the first record of a file. */
  readonly isVersion?: boolean;
  /** Marks that a training was resumed at this step; earlier events from this step on are dropped. */
  readonly isStart?: boolean;
}

/**
 * Encodes one event in TensorFlow's record format: length, its checksum, a protocol buffer `Event`, its
 * checksum.
 *
 * @see tensorflow/core/util/event.proto; TFRecord
 */
export function encodeEvent(event: LoggedEvent): Uint8Array {
  const message = new ProtoWriter().double(1, event.wallTime).int(2, event.step);
  if (event.isVersion === true) message.string(3, "brain.Event:2");
  if (event.scalars !== undefined) {
    const { scalars } = event;
    message.message(5, (summary) => {
      for (const { tag, value } of scalars) {
        summary.message(1, (inner) => inner.string(1, tag).float(2, value));
      }
    });
  }
  if (event.isStart === true) message.message(7, (log) => log.int(1, 1));
  return frame(message.finish());
}

function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return record;
}

/** CRC-32C, masked as in TFRecord. */
function maskedChecksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, bit-reversed. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});
