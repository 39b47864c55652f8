import { execFileSync } from "node:child_process";
import { cpSync, createReadStream, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { writePhantom } from "../../src/data";
import { loadEngine } from "../../src/engine/load";
import { presetConfig } from "../../src/experiments/config/presets";
import { exportWebModel } from "../../src/experiments/export/exportWebModel";
import { loadRun } from "../../src/experiments/storage/runs";
import { loadLabelledData } from "../../src/experiments/training/dataSource";
import { trainRun } from "../../src/experiments/training/trainRun";
import { linkTarball, packProject } from "../../test/setup/support/consumer";
import type { BenchOptions, Row } from "../support/contenders";

const BACKENDS = ["webgl", "wasm", "webgpu"] as const;
const MODELS = ["unet", "residualAttentionUnet"] as const;
const SLICE = 256;
const LONGEST_MS = 300_000;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** A server of the built page. */
async function serve(folder: string): Promise<{ server: Server; address: string }> {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const file = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type });
    return createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Milliseconds from the choice of a file to its mask in a fresh page: model, shaders and all. */
async function firstMask(
  browser: Browser,
  address: string,
  backend: string,
  scan: string,
): Promise<number> {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    await page.getByLabel("Runs on").selectOption(backend);
    const start = performance.now();
    await page.getByLabel(/^Scan/).setInputFiles(scan);
    const result = page.getByRole("heading", { name: "Result" });
    const error = page.getByRole("alert").filter({ hasText: /./ });
    await result.or(error).first().waitFor({ timeout: LONGEST_MS });
    const ms = performance.now() - start;
    const said = await page.getByRole("alert").textContent();
    if (said !== null && said !== "") throw new Error(`${backend}: ${said}`);
    return ms;
  } finally {
    await page.close();
  }
}

/** A model of preset `quick`, hardly trained: its weights do not change the time. */
async function exportModel(model: string, run: string, folder: string): Promise<void> {
  const config = presetConfig("quick", { epochs: 1, phantom: { count: 8 } });
  const dataset = await loadLabelledData("phantom", config);
  await trainRun({ model, config, out: run, source: "phantom", dataset, progress: false });
  await exportWebModel(await loadRun(run), folder);
}

/**
 * Time to the first mask of a 256 x 256 slice in `examples/segment-page`, in headless Chromium with WebGL
 * and WebGPU in software. No peer takes part.
 */
export async function benchWeb(_python: string, { repetitions }: BenchOptions): Promise<Row[]> {
  const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`bench web: no browser at ${executablePath}`);
  const wanted = process.env["BENCH_CASE"]?.split(";");
  loadEngine();
  const root = process.cwd();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "bench-web-")));
  const page = join(folder, "page");
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
  const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  const browser = await chromium.launch({ executablePath, args: [...args, ...webgpu] });
  const rows: Row[] = [];
  try {
    const { imagePath } = await writePhantom(join(folder, "scan"), {
      count: 1,
      size: SLICE,
      seed: 1,
    });
    cpSync(join(root, "examples", "segment-page"), page, { recursive: true });
    linkTarball(page, packProject(root, folder), root);
    const vite = join(root, "node_modules", "vite", "bin", "vite.js");
    execFileSync(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: page });
    const { server, address } = await serve(join(page, "dist"));
    for (const model of MODELS) {
      if (wanted !== undefined && !wanted.includes(model)) continue;
      rmSync(join(page, "dist", "model"), { recursive: true, force: true });
      await exportModel(model, join(folder, model), join(page, "dist", "model"));
      for (const backend of BACKENDS) {
        const times: number[] = [];
        // A fresh page takes seconds; five say enough.
        for (let i = 0; i < Math.min(repetitions, 5); i++) {
          times.push(await firstMask(browser, address, backend, imagePath));
        }
        times.sort((a, b) => a - b);
        const [bestMs] = times;
        const medianMs = times[Math.floor(times.length / 2)];
        rows.push({
          case: `${model}, first mask`,
          implementation: backend,
          bestMs,
          medianMs,
          peakMiB: null,
        });
      }
    }
    server.close();
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
