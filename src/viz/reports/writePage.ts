import { rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { writeFolderWhole, writeWhole } from "../../files/writeWhole";
import { printToPdf } from "./browser";

/** Whether a page is to be printed: by the file's ending. */
export function isPdf(path: string): boolean {
  return extname(path).toLowerCase() === ".pdf";
}

/**
 * Writes a self-contained page, or prints it where the file ends in `.pdf`. A failure leaves an earlier file
 * as it was.
 *
 * @throws SetupError for a PDF where there is no Chromium
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
