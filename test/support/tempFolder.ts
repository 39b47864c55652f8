import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the files of one test file; deleted when its tests end. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
