import type { Random } from "../../src/core/random";

/** Values that often break readers: limits of ranges, signs, lengths. */
const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

/** A damaged copy of a file: some of its bytes changed, moved, duplicated, removed or truncated. */
export function mutate(random: Random, original: Uint8Array): Buffer {
  let bytes = Buffer.from(original);
  const changes = random.integer(1, 6);
  for (let change = 0; change < changes && bytes.length > 1; change++) {
    const at = random.integer(0, bytes.length);
    const length = Math.min(random.integer(1, 17), bytes.length - at);
    switch (random.integer(0, 8)) {
      case 0:
        bytes[at] ^= 1 << random.integer(0, 8);
        break;
      case 1:
        bytes.fill(random.choice(EXTREMES), at, at + length);
        break;
      case 2:
        for (let i = at; i < at + length; i++) bytes[i] = random.integer(0, 256);
        break;
      case 3: // truncated
        if (random.uniform() < 0.3) bytes = bytes.subarray(0, at);
        break;
      case 4: // removed
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 5: // duplicated
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 6: // most formats have their lengths near the start
        bytes[random.integer(0, Math.min(400, bytes.length))] = random.choice(EXTREMES);
        break;
      default:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(random.integer(0, 0x100000000), at);
    }
  }
  return bytes;
}
