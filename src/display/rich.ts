import type { MimeBundle } from "./host";

/** What the toolkit knows how to show beyond Node's text, or `null`. */
export function richBundle(_value: object): MimeBundle | null {
  return null;
}
