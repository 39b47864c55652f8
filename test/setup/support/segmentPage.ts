import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { linkTarball, packProject } from "./consumer";
import { executablePath } from "./chromium";

/** The kinds of files that a page's file chooser accepts. */
export type ChosenFiles = Parameters<ReturnType<Page["locator"]>["setInputFiles"]>[0];

/**
 * Builds `examples/segment-page` with the package as npm packs it, like a user who copies the example.
 *
 * @returns the folder to serve; the model belongs in its folder `model`
 */
export function buildSegmentPage(root: string, folder: string): string {
  const page = join(folder, "page");
  cpSync(join(root, "examples", "segment-page"), page, { recursive: true });
  linkTarball(page, packProject(root, folder), root);
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  execFileSync(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: page });
  return join(page, "dist");
}

/** Chromium with software-rendered WebGL and WebGPU. */
export function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
  const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  return chromium.launch({ executablePath, args: [...args, ...webgpu] });
}

/** Chooses files on the page, and waits for a result or an error; returns the error, or `""`. */
export async function segmentFiles(
  tab: Page,
  backend: string,
  files: ChosenFiles,
  timeout: number,
): Promise<string> {
  await tab.getByLabel("Runs on").selectOption(backend);
  await tab.getByLabel(/^Scan/).setInputFiles(files);
  const result = tab.getByRole("heading", { name: "Result" });
  const error = tab.getByRole("alert").filter({ hasText: /./ });
  await result.or(error).first().waitFor({ timeout });
  return (await tab.getByRole("alert").textContent()) ?? "";
}
