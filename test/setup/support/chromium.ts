import { existsSync } from "node:fs";

/** Where tests look for a browser. */
export const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

/** Whether a browser for tests is installed; tests report it if not. */
export const hasChromium = existsSync(executablePath);
