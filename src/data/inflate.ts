import { Inflate, Unzlib } from "fflate";

/** Why bytes were not unpacked. */
export interface NotInflated {
  /** More would come out than was allowed. */
  readonly isTooLarge: boolean;
  readonly reason: string;
}

// Deflate makes a thousand times as much of it at the most.
const CHUNK_BYTES = 1 << 12;

/**
 * Unpacks deflated bytes up to a limit, so that a small file cannot fill the memory. By fflate and not
 * by `node:zlib`, since a browser reads these files too.
 *
 * @param form `"zlib"` with zlib's header, as in a PNG, or `"raw"`
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
      // fflate keeps what it is given.
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
