import { Inflate, Unzlib } from "fflate";

/** Why bytes could not be unpacked. */
export interface NotInflated {
  /** Whether the output would exceed the limit. */
  readonly isTooLarge: boolean;
  readonly reason: string;
}

// Deflate expands data by a factor of at most about a thousand.
const CHUNK_BYTES = 1 << 12;

/**
 * Unpacks deflated bytes up to a limit, so that a small file cannot fill the memory. It uses fflate rather
 * than `node:zlib`, since browsers read these files too.
 *
 * @param form `"zlib"` with a zlib header, as in a PNG, or `"raw"`
 */
export function inflateAtMost(
  form: "zlib" | "raw",
  packed: Uint8Array,
  mostBytes: number,
): Uint8Array | NotInflated {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const stream = new (form === "zlib" ? Unzlib : Inflate)((part, isFinal) => {
    length += part.length;
    if (length <= mostBytes) parts.push(part);
    isWhole ||= isFinal;
  });
  try {
    for (let at = 0; at < packed.length && length <= mostBytes; at += CHUNK_BYTES) {
      const end = Math.min(at + CHUNK_BYTES, packed.length);
      // fflate keeps a reference to its input.
      stream.push(packed.slice(at, end), end === packed.length);
    }
  } catch (cause) {
    return { isTooLarge: false, reason: cause instanceof Error ? cause.message : String(cause) };
  }
  if (length > mostBytes) return { isTooLarge: true, reason: `more than ${mostBytes} bytes` };
  if (!isWhole) return { isTooLarge: false, reason: "unexpected end" };
  const whole = new Uint8Array(length);
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}
