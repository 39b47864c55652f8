import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { writePhantom } from "../../src/data";
import { loadEngine } from "../../src/engine/load";
import { presetConfig } from "../../src/experiments/config/presets";
import { exportWebModel } from "../../src/experiments/export/exportWebModel";
import { loadRun } from "../../src/experiments/storage/runs";
import { loadLabelledData } from "../../src/experiments/training/dataSource";
import { trainRun } from "../../src/experiments/training/trainRun";
import { executablePath, hasChromium } from "../../test/setup/support/chromium";
import {
  buildSegmentPage,
  launchBrowser,
  segmentFiles,
} from "../../test/setup/support/segmentPage";
import { serveFolder } from "../../test/setup/support/serveFolder";
import type { BenchOptions, Row } from "../support/contenders";

const BACKENDS = ["webgl", "wasm", "webgpu"] as const;
const MODELS = ["unet", "residualAttentionUnet"] as const;
const SLICE = 256;
const LONGEST_MS = 300_000;

/** Milliseconds from choosing a file to its mask in a fresh page, including loading the model and shaders. */
async function firstMask(
  browser: Browser,
  address: string,
  backend: string,
  scan: string,
): Promise<number> {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    const start = performance.now();
    const problem = await segmentFiles(page, backend, scan, LONGEST_MS);
    const ms = performance.now() - start;
    if (problem !== "") throw new Error(`${backend}: ${problem}`);
    return ms;
  } finally {
    await page.close();
  }
}

/** A model of preset `quick`, barely trained: its weights do not affect the time. */
async function exportModel(model: string, run: string, folder: string): Promise<void> {
  const config = presetConfig("quick", { epochs: 1, phantom: { count: 8 } });
  const dataset = await loadLabelledData("phantom", config);
  await trainRun({ model, config, out: run, source: "phantom", dataset, progress: false });
  await exportWebModel(await loadRun(run), folder);
}

/**
 * Time to the first mask of a 256 x 256 slice in `examples/segment-page`, in headless Chromium with
 * software-rendered WebGL and WebGPU. There is no peer to compare with.
 */
export async function benchWeb(_python: string, { repetitions }: BenchOptions): Promise<Row[]> {
  if (!hasChromium) throw new Error(`bench web: no browser at ${executablePath}`);
  const wanted = process.env["BENCH_CASE"]?.split(";");
  loadEngine();
  const root = process.cwd();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "bench-web-")));
  const browser = await launchBrowser();
  const rows: Row[] = [];
  try {
    const { imagePath } = await writePhantom(join(folder, "scan"), {
      count: 1,
      size: SLICE,
      seed: 1,
    });
    const page = buildSegmentPage(root, folder);
    const { server, address } = await serveFolder(page);
    for (const model of MODELS) {
      if (wanted !== undefined && !wanted.includes(model)) continue;
      rmSync(join(page, "model"), { recursive: true, force: true });
      await exportModel(model, join(folder, model), join(page, "model"));
      for (const backend of BACKENDS) {
        const times: number[] = [];
        // A fresh page takes seconds, so five are enough.
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
