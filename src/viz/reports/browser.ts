import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { SetupError } from "../../core/errors";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const MILLISECONDS = 120_000;

/**
 * The path of Chromium or Chrome on this machine; `CHROMIUM_PATH` overrides the search.
 *
 * @throws SetupError if there is none
 */
export function findBrowser(): string {
  const named = process.env["CHROMIUM_PATH"];
  const found = named ?? PLACES.find((path) => existsSync(path));
  if (found === undefined || !existsSync(found)) {
    throw new SetupError({
      where: "PDF export",
      expected: "Chromium or Google Chrome",
      got: named === undefined ? "none in the usual places" : `nothing at CHROMIUM_PATH (${named})`,
      remedy: "Install Chromium, set CHROMIUM_PATH, or export to HTML",
    });
  }
  return found;
}

/** Prints a page to a PDF file. */
export async function printToPdf(page: string, pdf: string): Promise<void> {
  const browser = findBrowser();
  try {
    await promisify(execFile)(
      browser,
      [
        ...["--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"],
        // Waits for figures drawn by scripts.
        ...["--virtual-time-budget=20000", `--print-to-pdf=${pdf}`],
        pathToFileURL(page).href,
      ],
      { timeout: MILLISECONDS },
    );
  } catch (cause) {
    throw failed(browser, cause);
  }
  if (!existsSync(pdf)) throw failed(browser, new Error("it wrote no file"));
}

function failed(browser: string, cause: unknown): SetupError {
  return new SetupError({
    where: "PDF export",
    expected: `${browser} to print the page`,
    got: cause instanceof Error ? (cause.message.split("\n")[0] ?? "an error") : String(cause),
    remedy: "Export to HTML and print it from a browser",
    cause,
  });
}
