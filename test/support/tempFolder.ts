import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test file's own files; it goes when the file's tests end. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
