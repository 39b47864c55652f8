import { existsSync } from "node:fs";

/** Where tests look for a browser. */
export const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

/** Whether there is a browser for tests; they say so where there is none. */
export const hasChromium = existsSync(executablePath);
