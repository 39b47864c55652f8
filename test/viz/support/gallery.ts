import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const folder = join(__dirname, "..", "gallery");
const isUpdate = process.env["LAYERBOOK_UPDATE_GALLERY"] === "1";

/**
 * Compares a picture with the stored one, character by character. `LAYERBOOK_UPDATE_GALLERY=1` stores
 * the current drawing; look at the change in a browser before committing it.
 */
export function expectPicture(name: string, svg: string): void {
  const path = join(folder, `${name}.svg`);
  const text = `${svg.replaceAll("><", ">\n<")}\n`;
  if (isUpdate) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: store it with LAYERBOOK_UPDATE_GALLERY=1`);
  }
  expect(text).toBe(readFileSync(path, "utf8"));
}
