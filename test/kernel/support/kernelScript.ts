import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The project's folder. */
export const PACKAGE_ROOT = resolve(__dirname, "../../..");

/** The built kernel; LAYERBOOK_TEST_KERNEL names another build of it. */
export const KERNEL_SCRIPT =
  process.env["LAYERBOOK_TEST_KERNEL"] ?? resolve(PACKAGE_ROOT, "dist", "kernel.js");

if (!existsSync(KERNEL_SCRIPT)) {
  throw new Error(`${KERNEL_SCRIPT} is not there: run \`npm run build\``);
}

/** The Node that runs the kernel; LAYERBOOK_TEST_NODE names a different one than runs the tests. */
export const KERNEL_NODE = process.env["LAYERBOOK_TEST_NODE"] ?? process.execPath;
