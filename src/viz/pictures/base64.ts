// `btoa` and not `Buffer`: figures are made in browsers too.
const CHUNK = 0x8000;

/** Bytes in base64. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/** A `data:` address, which keeps a page self-contained. */
export function dataUri(type: string, content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return `data:${type};base64,${base64(bytes)}`;
}
