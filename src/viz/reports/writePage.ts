import { rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { writeFolderWhole, writeWhole } from "../../files/writeWhole";
import { printToPdf } from "./browser";

/** Whether a page is written as a PDF: by the file's extension. */
export function isPdf(path: string): boolean {
  return extname(path).toLowerCase() === ".pdf";
}

/**
 * Writes a self-contained page, or prints it if the file ends in `.pdf`. If it fails, an existing file is
 * not modified.
 *
 * @throws SetupError for a PDF if Chromium is not found
 */
export async function writePage(path: string, html: string): Promise<void> {
  if (!isPdf(path)) {
    await writeWhole(path, html);
    return;
  }
  await writeFolderWhole(dirname(path), async (folder) => {
    const page = join(folder, ".page.html");
    await writeWhole(page, html);
    await printToPdf(page, join(folder, basename(path)));
    await rm(page);
  });
}
