import { encodeEvent } from "../../../src/experiments/tracking/eventFile";

describe("encodeEvent", () => {
  it("frames the first record as TensorFlow does", () => {
    // tf.io.TFRecordWriter of Event(wall_time=1.5, file_version="brain.Event:2"), TensorFlow 2.21;
    // proto3 leaves out a step of 0, which ours writes; readers treat both the same way.
    const bytes = encodeEvent({ wallTime: 1.5, step: 0, isVersion: true });
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length).toBe(bytes.length - 16);
    const message = Buffer.from(bytes.subarray(12, 12 + length)).toString("hex");
    expect(message).toBe(
      `09000000000000f83f10001a0d${Buffer.from("brain.Event:2").toString("hex")}`,
    );
  });

  it("has CRC-32C with TFRecord's mask", () => {
    // The length field of an empty record: eight zero bytes, CRC-32C 0x8c28b28a.
    const bytes = encodeEvent({ wallTime: 0, step: 0 });
    const view = new DataView(bytes.buffer);
    const mask = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    const crc = (data: Uint8Array): number => {
      let value = 0xffffffff;
      for (const byte of data) {
        value ^= byte;
        for (let bit = 0; bit < 8; bit++)
          value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
      }
      return (value ^ 0xffffffff) >>> 0;
    };
    expect(crc(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(view.getUint32(8, true)).toBe(mask(crc(bytes.subarray(0, 8))));
    expect(view.getUint32(bytes.length - 4, true)).toBe(mask(crc(bytes.subarray(12, -4))));
  });
});
