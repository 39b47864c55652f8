import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { SLIDER_CELL } from "./slider";
import { executablePath, lacking, notebookOf, startJupyterLab } from "./startJupyterLab";

if (lacking !== null) console.warn(`${lacking}: JupyterLab's themes are not looked at.`);

/** Screenshots, for who wants to look: LAYERBOOK_SCREENSHOTS names a folder. */
const screenshots = process.env["LAYERBOOK_SCREENSHOTS"];

jest.setTimeout(1_800_000);

/** All kinds of output whose colours are ours or the kernel's. */
const CELLS = {
  error: `function dig(heads: number): number {
  return new LSHAttention({ numHeads: heads, keyDim: 4 }).countParams();
}
try { dig(-3); } catch (error) { console.error(error); }
dig(-3);`,
  thrown: `const load = (path: string): never => { throw new RangeError("no such slice: " + path); };
load("a.nii");`,
  types: `const three: number = "three";`,
  progress: `const bar = createProgress({ label: "unet, epoch 3 of 20", total: 10 });
bar.update(4, { loss: 0.25 });
const stopped = createProgress({ label: "stopped", total: 10 });
stopped.update(4);
stopped.stop("stopped after 4", "interrupted");
const failed = createProgress({ label: "failed", total: 10 });
failed.stop("failed", "failed");`,
  table: `import { table } from "arquero";
table({ model: ["unet", "attentionUnet"], dice: [0.71, 0.74] })`,
  tensor: `const volume = tf.randomNormal([16, 16], 0, 1, "float32", 1);
volume`,
  model: `unet({ inputShape: [32, 32, 1], numClasses: 3, filters: 4, seed: 1 })`,
  figure: `trainingCurves([{ model: "unet", epochs: [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, validationLoss: 1.2 / epoch, validationDice: 0.3 * epoch })) }])`,
  warning: `console.warn("3 of 50 slices have no lesion");
process.emitWarning("an old option");`,
  values: `({ text: "a", n: 1, big: 2n, flag: true, none: null, when: new Date(0), list: [1, 2], re: /x/, f: Math.max })`,
  slider: SLIDER_CELL,
} as const;

(lacking === null ? describe : describe.skip)("what cells show in JupyterLab's", () => {
  const folder = mkdtempSync(join(tmpdir(), "themes-"));
  let server: ChildProcess;
  let browser: Browser;
  let page: Page;
  let address: string;

  beforeAll(async () => {
    writeFileSync(join(folder, "themes.ipynb"), JSON.stringify(notebookOf(CELLS)));
    ({ address, process: server } = await startJupyterLab(folder));
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1400, height: 3600 } });
    page.setDefaultTimeout(120_000);
  });

  afterAll(async () => {
    await browser.close();
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(theme: "JupyterLab Light" | "JupyterLab Dark"): Promise<void> {
    const settings = join(folder, ".config", "lab", "user-settings", "@jupyterlab");
    mkdirSync(join(settings, "apputils-extension"), { recursive: true });
    const file = join(settings, "apputils-extension", "themes.jupyterlab-settings");
    writeFileSync(file, JSON.stringify({ theme }));
    await page.goto(`${address}/lab/tree/themes.ipynb?token=secret&reset`);
    await page.waitForFunction(
      () => /TypeScript \(layerbook\) \| Idle/.test(document.body.innerText),
      null,
      { timeout: 300_000 },
    );
    await page.click('button:text-is("No")', { timeout: 5_000 }).catch(() => undefined);
    expect(await page.locator("body").getAttribute("data-jp-theme-light")).toBe(
      String(theme === "JupyterLab Light"),
    );
  }

  async function runAll(): Promise<void> {
    const cells = page.locator(".jp-Notebook .jp-CodeCell");
    for (const index of Object.keys(CELLS).keys()) {
      await cells.nth(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await cells
        .nth(index)
        .locator(".jp-InputPrompt")
        .filter({ hasText: /^\[\d+\]:$/ })
        .waitFor();
    }
    await page.getByRole("slider", { name: "Slice" }).waitFor();
    await page.locator(".js-plotly-plot").first().waitFor();
  }

  async function shot(name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  /**
   * The texts of an area whose contrast with what lies behind them is below WCAG's 4.5 to 1, by the
   * colours and opacities that the browser has computed. axe leaves JupyterLab's outputs undecided.
   */
  async function pale(area: string): Promise<{ readonly seen: number; readonly low: string[] }> {
    return page.evaluate((selector) => {
      type Colour = readonly [r: number, g: number, b: number, a: number];
      const parse = (text: string): Colour => {
        const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
        return [r, g, b, a];
      };
      const over = (top: Colour, below: Colour, opacity: number): Colour => {
        const a = top[3] * opacity;
        const mix = (i: 0 | 1 | 2): number => top[i] * a + below[i] * (1 - a);
        return [mix(0), mix(1), mix(2), 1];
      };
      const luminance = ([r, g, b]: Colour): number => {
        const linear = (part: number): number =>
          part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
      };
      const behind = (element: Element | null): Colour => {
        if (element === null) return [255, 255, 255, 1];
        const own = parse(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own : over(own, behind(element.parentElement), 1);
      };
      const opacityOf = (element: Element | null): number =>
        element === null
          ? 1
          : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement);
      const low: string[] = [];
      let seen = 0;
      for (const root of Array.from(document.querySelectorAll(selector))) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const element = node.parentElement;
          // The marks under and before a failed line say nothing that its number does not.
          const text = node.textContent?.replace(/^[\s>~│]+$/, "").trim() ?? "";
          if (element === null || text === "" || element.closest("svg, script, style") !== null)
            continue;
          if (!element.checkVisibility()) continue;
          seen++;
          const ground = behind(element);
          const colour = over(parse(getComputedStyle(element).color), ground, opacityOf(element));
          const [dark, light] = [luminance(colour), luminance(ground)].sort((x, y) => x - y);
          const contrast = ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
          if (contrast < 4.5)
            low.push(`${contrast.toFixed(2)} ${element.className}: ${text.slice(0, 60)}`);
        }
      }
      return { seen, low };
    }, area);
  }

  describe.each(["light", "dark"] as const)("%s theme", (name) => {
    beforeAll(async () => {
      await open(name === "light" ? "JupyterLab Light" : "JupyterLab Dark");
      await runAll();
    });

    it("can be read", async () => {
      await shot(`${name}-outputs`);
      const { seen, low } = await pale(".jp-Notebook .jp-OutputArea-output");
      expect(seen).toBeGreaterThan(50);
      expect(low).toEqual([]);
    });

    it("draws a chart's text and lines in colours that stand out", async () => {
      const contrasts = await page.evaluate(() => {
        const luminance = (colour: string): number => {
          const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
            const share = Number(part) / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = luminance(
          getComputedStyle(document.querySelector(".jp-Notebook")!).backgroundColor,
        );
        return Array.from(document.querySelectorAll(".js-plotly-plot text")).map((text) => {
          const own = luminance(getComputedStyle(text).fill);
          const [low, high] = [own, ground].sort((a, b) => a - b) as [number, number];
          return { text: text.textContent, contrast: (high + 0.05) / (low + 0.05) };
        });
      });
      expect(contrasts.length).toBeGreaterThan(5);
      expect(contrasts.filter(({ contrast }) => contrast < 3)).toEqual([]);
    });

    it("lists variables in the debugger's pane", async () => {
      const pane = page.locator("#jp-debugger-sidebar, .jp-DebuggerSidebar").first();
      const bug = page
        .locator('.jp-DebuggerBugButton, jp-button[title*="Debugger"], button[title*="Debugger"]')
        .first();
      await bug.click();
      await pane.waitFor({ timeout: 20_000 });
      await pane.getByText("volume").first().waitFor();
      await shot(`${name}-debugger`);
      // Off again: JupyterLab would remember that it is on when the page is loaded with the other theme.
      await bug.click();
    });
  });
});
