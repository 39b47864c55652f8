import { escapeHtml } from "../../display/html";
import { dataUri } from "../pictures/base64";

/** An SVG as an `<img>`, which pages that sanitize their HTML retain. */
export function staticPicture(svg: string, description: string): string {
  return `<img alt="${escapeHtml(description)}" style="max-width:100%;height:auto" src="${dataUri("image/svg+xml", svg)}">`;
}
