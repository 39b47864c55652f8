import type { ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { exportNotebook } from "../../src/viz/reports/exportNotebook";
import { executablePath, lacking, python, root, startJupyterLab } from "./startJupyterLab";

if (lacking !== null) console.warn(`${lacking}: JupyterLab is not looked at.`);

/** For screenshots: LAYERBOOK_SCREENSHOTS names a folder. */
const screenshots = process.env["LAYERBOOK_SCREENSHOTS"];

jest.setTimeout(1_800_000);

/** Preset smoke trains for a second: too short to press a button in the middle. */
const LONGER_QUICKSTART =
  "await quickstart({ config: presetConfig('smoke', { epochs: 48 }), callbacks: [liveCurves()] });";

/** JupyterLab in its own folder with the quick start's notebook, and a page that shows it. */
class Lab {
  #shots = 0;

  private constructor(
    readonly folder: string,
    readonly page: Page,
    private readonly browser: Browser,
    private readonly server: ChildProcess,
  ) {}

  static async open(): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), "lab-"));
    const notebook = readFileSync(join(root, "notebooks", "01-quickstart.ipynb"), "utf8");
    expect(notebook).toContain("await quickstart();");
    cpSync(join(root, "notebooks", "results"), join(folder, "results"), { recursive: true });
    writeFileSync(
      join(folder, "01-quickstart.ipynb"),
      notebook.replace("await quickstart();", LONGER_QUICKSTART),
    );
    const { address, process: server } = await startJupyterLab(folder);
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(120_000);
    await page.goto(`${address}/lab/tree/01-quickstart.ipynb?token=secret`);
    await page.waitForSelector(".jp-Notebook .jp-Cell");
    // The kernel has answered and is idle.
    await page.waitForFunction(
      () => /TypeScript \(layerbook\) \| Idle/.test(document.body.innerText),
      null,
      { timeout: 300_000 },
    );
    // Jupyter's question whether to show its news.
    await page.click('button:text-is("No")', { timeout: 5_000 }).catch(() => undefined);
    return new Lab(folder, page, browser, server);
  }

  async menu(bar: string, item: string): Promise<void> {
    await this.page.click(`.lm-MenuBar-itemLabel:text-is("${bar}")`);
    await this.page.click(`.lm-Menu-itemLabel:text-is("${item}")`);
  }

  /** Chooses a theme as a user does. */
  async theme(name: string): Promise<void> {
    const { page } = this;
    await page.click('.lm-MenuBar-itemLabel:text-is("Settings")');
    await page.hover('.lm-Menu-itemLabel:text-is("Theme")');
    await page.click(`.lm-Menu-itemLabel:text-is("${name}")`);
    const isLight = String(!name.includes("Dark"));
    await page.waitForSelector(`body[data-jp-theme-light="${isLight}"]`, { state: "attached" });
  }

  /** Takes a screenshot of each output. */
  async walk(name: string): Promise<void> {
    if (screenshots === undefined) return;
    for (const output of await this.page.locator(".jp-Notebook .jp-Cell-outputArea").all()) {
      await output.scrollIntoViewIfNeeded();
      await this.page.waitForTimeout(300);
      await this.shot(name);
    }
  }

  async shot(name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    const number = String(++this.#shots).padStart(2, "0");
    await this.page.screenshot({ path: join(screenshots, `${number}-${name}.png`) });
  }

  /** Waits until no cell is running or queued. */
  async idle(): Promise<void> {
    await this.page.waitForFunction(
      () =>
        !Array.from(document.querySelectorAll(".jp-InputPrompt")).some(({ textContent }) =>
          textContent.includes("*"),
        ),
      null,
      { timeout: 600_000, polling: 250 },
    );
  }

  /** The epoch in the live curve's caption, once it has reached `least`. */
  async epochOnCurve(least: number): Promise<number> {
    const epoch = await this.page.waitForFunction(
      (wanted) => {
        const captions = document.querySelectorAll(".layerbook-live figcaption");
        const said = /^Epoch (\d+) of/.exec(captions[captions.length - 1]?.textContent ?? "");
        const shown = Number(said?.[1] ?? 0);
        return shown >= wanted ? shown : null;
      },
      least,
      { timeout: 300_000, polling: 100 },
    );
    return Number(await epoch.jsonValue());
  }

  /** Presses stop while a training's progress bar moves. */
  async stopInTraining(): Promise<void> {
    await this.page.waitForFunction(
      () =>
        Array.from(document.querySelectorAll('.jp-Notebook [role="progressbar"]')).some((bar) => {
          const percent = Number(bar.getAttribute("aria-valuenow"));
          return percent > 0 && percent < 100;
        }),
      null,
      { timeout: 300_000 },
    );
    await this.shot("training");
    await this.page.click(
      '[data-jp-item-name="interrupt"] jp-button, [data-command="notebook:interrupt-kernel"]',
    );
  }

  /** Adds a cell at the end and types into it. */
  async type(text: string): Promise<void> {
    const { page } = this;
    // Click next to the text: a click on it may open a solution.
    await page
      .locator(".jp-Notebook .jp-Cell")
      .last()
      .click({ position: { x: 60, y: 8 } });
    await page.keyboard.press("Escape");
    await page.keyboard.press("b");
    await page.keyboard.press("Enter");
    await page.keyboard.insertText(text);
  }

  /** Runs the cell that was typed; returns the text of its outputs. */
  async run(): Promise<string> {
    const { page } = this;
    const cell = page.locator(".jp-Notebook .jp-CodeCell.jp-mod-active");
    const mark = `ran-${Date.now()}`;
    await cell.evaluate((element, name) => element.setAttribute("data-mark", name), mark);
    await page.keyboard.press("Control+Enter");
    await this.idle();
    return page.locator(`[data-mark="${mark}"] .jp-Cell-outputArea`).innerText();
  }

  /**
   * Presses Tab until completions are offered, or until the page contains `inserted`. JupyterLab drops
   * a request if its cell changes before the answer arrives, which happens while it still handles the
   * typed text, so one press is not enough on a busy machine.
   */
  async complete(inserted?: string): Promise<void> {
    for (let attempt = 0; attempt < 12; attempt++) {
      await this.page.keyboard.press("Tab");
      const shown = await this.page
        .waitForFunction(
          ([selector, text]) =>
            document.querySelector(selector) !== null ||
            (text !== undefined && document.body.innerText.includes(text)),
          [Lab.offer, inserted] as const,
          { timeout: 10_000 },
        )
        .then(
          () => true,
          () => false,
        );
      if (shown) return;
    }
    throw new Error("JupyterLab offered no completion in twelve attempts.");
  }

  /** A browser window with a separate profile. */
  newContext(): Promise<BrowserContext> {
    return this.browser.newContext({ viewport: { width: 1200, height: 900 } });
  }

  /** An item of the completions that JupyterLab shows. */
  static readonly offer = ".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item";

  async close(): Promise<void> {
    await this.browser.close();
    this.server.kill("SIGTERM");
    await new Promise((resolve) => this.server.once("exit", resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

(lacking === null ? describe : describe.skip)("JupyterLab in headless Chromium", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open();
  });

  afterAll(() => lab.close());

  /** How a model's training ended. */
  function endOf(model: string): string {
    const file = join(lab.folder, "runs", model, "run.json");
    const record = JSON.parse(readFileSync(file, "utf8")) as { result: { ended: string } };
    return record.result.ended;
  }

  it("opens 01-quickstart, runs all, stops in the training, and continues", async () => {
    const { page } = lab;
    await lab.shot("open");
    await lab.menu("Run", "Run All Cells");
    const first = await lab.epochOnCurve(1);
    expect(await lab.epochOnCurve(first + 1)).toBeGreaterThan(first);
    await lab.stopInTraining();
    await lab.idle();
    await lab.shot("stopped");
    expect(endOf("unet")).toBe("interrupted");
    await lab.menu("Run", "Run All Cells");
    await lab.idle();
    await lab.shot("ran");
    expect([endOf("unet"), endOf("residualAttentionUnet")]).toEqual(["completed", "completed"]);
    expect(await page.locator(".jp-Notebook .jp-OutputArea-output.jp-mod-error").count()).toBe(0);
    await lab.walk("light");
  });

  it("completes names and describes them", async () => {
    const { page } = lab;
    await lab.type("models.residualAttentionUnet.run.model.countP");
    // JupyterLab inserts a single match at once, or offers it.
    await lab.complete("countParams");
    if (await page.locator(Lab.offer).first().isVisible()) await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.body.innerText.includes("run.model.countParams"));
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText("models.unet.run.model.co");
    await lab.complete();
    await lab.shot("completion");
    expect(await page.locator(".jp-Completer").innerText()).toContain("compile");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText("LSHAttention");
    await page.keyboard.press("Shift+Tab");
    await page.waitForSelector(".jp-Tooltip");
    await lab.shot("inspection");
    expect(await page.locator(".jp-Tooltip").innerText()).toContain("class LSHAttention");
    await page.keyboard.press("Escape");
    await lab.type("1 + 1");
    expect(await lab.run()).toMatch(/(^|\n)2$/);
  });

  it("shows an error with its place, in colours", async () => {
    await lab.type(
      "function dig(heads: number): number {\n  return new LSHAttention({ numHeads: heads, keyDim: 4 }).countParams();\n}\ndig(-3);",
    );
    const said = await lab.run();
    await lab.shot("error");
    expect(said).toContain("numHeads");
    expect(said).toMatch(/at dig .*:2:10/);
    const output = lab.page.locator(".jp-CodeCell.jp-mod-active .jp-RenderedText pre");
    expect(await output.locator("span[class*=ansi]").count()).toBeGreaterThan(0);
    await lab.type("const three: number = 'three';\nconst four: strin = 4;");
    const types = await lab.run();
    await lab.shot("type-errors");
    expect(types).toContain("TS2322");
    expect(types).toContain("TS2552");
  });

  it("moves through slices in the viewer, and hides a class", async () => {
    const { page } = lab;
    await lab.type(
      "sliceViewer(dataset.cases.slice(0, 6), { classNames: dataset.classNames, start: 0 })",
    );
    await lab.run();
    const viewer = page.locator("figure.layerbook-viewer").last();
    const canvas = viewer.locator("canvas").nth(1);
    const picture = (): Promise<string> =>
      canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
    await canvas.waitFor();
    const before = await picture();
    await viewer.getByRole("slider", { name: "Slice" }).press("ArrowRight");
    await viewer.locator("output", { hasText: "(2 of 6)" }).waitFor();
    const after = await picture();
    expect(after === before).toBe(false);
    await viewer.getByRole("slider", { name: "Slice" }).press("ArrowLeft");
    await viewer.locator("output", { hasText: "(1 of 6)" }).waitFor();
    for (const box of await viewer
      .getByRole("checkbox", { name: /opacity|consol|effusion/ })
      .all()) {
      await box.uncheck();
    }
    await page.waitForTimeout(300);
    expect((await picture()) === before).toBe(false);
    await lab.shot("viewer");
  });

  it("keeps a chart's size after a change of tab and theme", async () => {
    const { page } = lab;
    const chart = page.locator(".jp-Notebook .js-plotly-plot").first();
    await chart.scrollIntoViewIfNeeded();
    const height = async (): Promise<number> => (await chart.boundingBox())?.height ?? 0;
    const before = await height();
    expect(before).toBeGreaterThan(300);
    await lab.menu("File", "New Launcher").catch(() => page.keyboard.press("Control+Shift+L"));
    await page.waitForTimeout(500);
    await page.locator('.lm-TabBar-tabLabel:text-is("01-quickstart.ipynb")').click();
    await lab.theme("JupyterLab Dark");
    await page.waitForTimeout(1_000);
    await chart.scrollIntoViewIfNeeded();
    expect(await height()).toBe(before);
    await lab.shot("after-tab");
    await lab.walk("dark");
  });

  it("is exported to a page that shows every figure without a network", async () => {
    const { page } = lab;
    await lab.menu("File", "Save Notebook");
    await page.waitForSelector(".jp-mod-dirty", { state: "detached" });
    const html = join(lab.folder, "page.html");
    await exportNotebook({
      notebook: join(lab.folder, "01-quickstart.ipynb"),
      output: html,
      python: python ?? "",
      packageRoot: root,
    });
    const context = await lab.newContext();
    await context.setOffline(true);
    const exported = await context.newPage();
    await exported.goto(pathToFileURL(html).href);
    const charts = exported.locator("figure.layerbook-figure");
    expect(await charts.count()).toBeGreaterThanOrEqual(2);
    for (const chart of await charts.all()) {
      await chart.scrollIntoViewIfNeeded();
      await chart.locator(".main-svg").first().waitFor();
    }
    const masks = exported.locator("figure.layerbook-masks");
    expect(await masks.count()).toBe(1);
    for (const figure of await masks.all()) await figure.locator("svg use").first().waitFor();
    await exported.locator("figure.layerbook-viewer canvas").first().waitFor();
    if (screenshots !== undefined) {
      await exported.screenshot({ path: join(screenshots, "exported.png"), fullPage: true });
    }
    await context.close();
  });
});
