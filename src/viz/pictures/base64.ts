// Uses `btoa`, not `Buffer`: figures are also made in browsers.
const CHUNK = 0x8000;

/** Base64 of bytes. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/** A `data:` URL, which keeps a page self-contained. */
export function dataUri(type: string, content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return `data:${type};base64,${base64(bytes)}`;
}
