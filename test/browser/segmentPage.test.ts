import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { readNiftiLabels, writePhantom } from "../../src/data";
import { loadEngine } from "../../src/engine/load";
import { presetConfig } from "../../src/experiments/config/presets";
import { predictFiles } from "../../src/experiments/evaluation/predictFiles";
import { exportWebModel } from "../../src/experiments/export/exportWebModel";
import { loadRun } from "../../src/experiments/storage/runs";
import { loadLabelledData } from "../../src/experiments/training/dataSource";
import { trainRun } from "../../src/experiments/training/trainRun";
import { executablePath, hasChromium } from "../setup/support/chromium";
import { buildSegmentPage, launchBrowser, segmentFiles } from "../setup/support/segmentPage";
import type { ChosenFiles } from "../setup/support/segmentPage";
import { serveFolder } from "../setup/support/serveFolder";
import segmentations from "../golden/dicomSegmentation.json";

if (!hasChromium) console.warn(`No browser at ${executablePath}: the page's test is skipped.`);

const root = join(__dirname, "..", "..");
(hasChromium ? describe : describe.skip)("the page that segments scans", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "segment-page-")));
  const at = (...names: string[]): string => join(folder, ...names);
  let server: Server;
  let address: string;
  let browser: Browser;
  let wanted: Uint8Array;
  let shape: readonly number[];

  beforeAll(async () => {
    loadEngine();
    const config = presetConfig("smoke", {
      ...{ size: 32, epochs: 4, batchSize: 2, phantom: { count: 12, size: 64 } },
      model: { filters: 4, depth: 2, attentionLevels: [1] },
    });
    const dataset = await loadLabelledData("phantom", config);
    const model = "residualAttentionUnet";
    await trainRun({ model, config, out: at("run"), source: "phantom", dataset, progress: false });
    const { imagePath } = await writePhantom(at("scan"), { count: 3, size: 64, seed: 8 });
    const run = await loadRun(at("run"));
    const files = { run, input: imagePath, output: at("mask.nii.gz"), hasProgress: false };
    await predictFiles(files);
    const mask = await readNiftiLabels(at("mask.nii.gz"));
    [wanted, shape] = [mask.data, mask.shape];
    const page = buildSegmentPage(root, folder);
    await exportWebModel(run, join(page, "model"));
    ({ server, address } = await serveFolder(page));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(): Promise<{ tab: Page; requests: string[]; problems: string[] }> {
    const tab = await browser.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    tab.on("request", (one) => requests.push(`${one.method()} ${one.url()}`));
    tab.on("pageerror", ({ message }) => problems.push(message));
    await tab.goto(address);
    return { tab, requests, problems };
  }

  const segment = (tab: Page, backend: string, files: ChosenFiles): Promise<string> =>
    segmentFiles(tab, backend, files, 60_000);

  const scan = (): string => at("scan", "tr_im.nii.gz");

  async function savedMask(tab: Page): Promise<Uint8Array> {
    const [download] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("link", { name: "Save the mask" }).click(),
    ]);
    await download.saveAs(at(download.suggestedFilename()));
    return (await readNiftiLabels(at(download.suggestedFilename()))).data;
  }

  it.each(["webgl", "wasm", "webgpu"])(
    "gives the same mask as Node on %s, and uploads nothing",
    async (backend) => {
      const { tab, requests, problems } = await open();
      if (backend === "webgpu") {
        const hasGpu = await tab.evaluate(
          "'gpu' in navigator ? navigator.gpu.requestAdapter().then((a) => a !== null) : false",
        );
        if (hasGpu !== true) return console.warn("No WebGPU adapter in this browser: not run.");
      }
      expect(await segment(tab, backend, scan())).toBe("");
      expect(await tab.locator("#status").textContent()).toMatch(
        new RegExp(`^3 slices on ${backend}: first mask after [0-9.]+ s`),
      );
      const mask = await savedMask(tab);
      expect(mask.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(new Set(wanted).size).toBeGreaterThan(1);
      const same = mask.filter((label, i) => label === wanted[i]).length / wanted.length;
      // Where two classes are almost equally likely, rounding decides.
      expect(same).toBeGreaterThan(0.999);
      const rows = await tab.getByRole("row").allTextContents();
      expect(rows.map((row) => row.trim()).join()).toMatch(
        /ground-glass opacity.*ml.*consolidation/,
      );
      const foreign = requests.filter(
        (one) => !one.startsWith(`GET ${address}`) && !/^GET (data|blob):/.test(one),
      );
      expect({ foreign, problems }).toEqual({ foreign: [], problems: [] });
      await tab.close();
    },
    120_000,
  );

  it("reports what is wrong with a file, and continues with the next", async () => {
    const { tab } = await open();
    await tab.getByLabel(/^Scan/).setInputFiles({
      name: "scan.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
    });
    const alert = tab.getByRole("alert");
    await alert.filter({ hasText: "scan.jpg" }).waitFor();
    expect(await alert.textContent()).toBe(
      "scan.jpg: expected one NIfTI volume, the files of one DICOM series, or PNG slices, but got a JPEG. Save it as a grey PNG.",
    );
    const cut = readFileSync(scan()).subarray(0, 2000);
    await tab.getByLabel(/^Scan/).setInputFiles({ name: "cut.nii.gz", mimeType: "", buffer: cut });
    await alert.filter({ hasText: /^cut.nii.gz/ }).waitFor();
    expect(await segment(tab, "webgl", scan())).toBe("");
    await tab.close();
  }, 120_000);

  it("reads a DICOM series", async () => {
    const { tab } = await open();
    const files = segmentations.images.map((content, index) => ({
      name: `IM${index}`,
      mimeType: "",
      buffer: Buffer.from(content, "base64"),
    }));
    expect(await segment(tab, "webgl", files)).toBe("");
    await tab.close();
  }, 120_000);

  it("works by keyboard, and axe finds no serious problem", async () => {
    const { tab } = await open();
    const reached: string[] = [];
    const focused = "document.activeElement?.id ?? ''";
    for (let step = 0; step < 2; step++) {
      await tab.keyboard.press("Tab");
      reached.push(await tab.evaluate<string>(focused));
    }
    expect(reached).toEqual(["backend", "files"]);
    expect(await segment(tab, "webgl", scan())).toBe("");
    // New content gets the focus, so that a screen reader reads it.
    expect(await tab.evaluate(focused)).toBe("result-title");
    await tab.keyboard.press("Tab");
    expect(await tab.evaluate(focused)).toBe("save");
    await tab.keyboard.press("Tab");
    const slider = "document.querySelector('#viewer').contains(document.activeElement)";
    expect(await tab.evaluate(slider)).toBe(true);
    await tab.evaluate(readFileSync(require.resolve("axe-core"), "utf8"));
    const violations = await tab.evaluate<{ id: string; impact: string; nodes: unknown[] }[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))",
    );
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    expect(serious).toEqual([]);
    await tab.close();
  }, 120_000);
});
