import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

/** Whether there is a browser for tests; they say so where there is none. */
export const hasChromium = existsSync(executablePath);

/** Opens an empty page in Chromium, runs a script in it, and returns what an expression gives. */
export async function runInChromium<T>(script: string, expression: string): Promise<T> {
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.addScriptTag({ content: script });
    if (errors.length > 0) throw new Error(errors.join("\n"));
    return await page.evaluate<T>(expression);
  } finally {
    await browser.close();
  }
}
