import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { CLASS_NAMES, sampleMask, sampleScan } from "../viz/support/sampleCase";
import { ablationBars, compareMasks, scoreBars, sliceViewer, trainingCurves } from "../../src/viz";
import { reportPage } from "../../src/viz/reports/reportPage";

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const lacking = existsSync(executablePath) ? null : `no browser at ${executablePath}`;
if (lacking !== null) console.warn(`${lacking}: figures are not looked at.`);

/** For screenshots: LAYERBOOK_SCREENSHOTS names a folder. */
const screenshots = process.env["LAYERBOOK_SCREENSHOTS"];
const folder = mkdtempSync(join(tmpdir(), "layerbook-figures-"));
const hydrate = readFileSync(
  join(__dirname, "..", "..", "templates", "layerbook", "hydrate.js"),
  "utf8",
);
const plotly = readFileSync(require.resolve("plotly.js-dist-min"), "utf8");

const scans = [0, 1, 2, 3].map((i) => sampleScan(96, 128 + 0 * i));
const cases = scans.map((image, i) => ({
  id: `slice ${i + 1}`,
  image,
  labels: sampleMask(image, [1, 2, 3].slice(0, i)),
  masks: [{ title: "U-Net", labels: sampleMask(image, [1, 2, 0].slice(0, i), 0.03) }],
  unit: "HU",
}));
const figures = [
  sliceViewer(cases, { classNames: CLASS_NAMES }),
  compareMasks(cases.slice(2), { classNames: CLASS_NAMES, difference: true }),
  scoreBars([{ model: "unet", className: "consolidation", mean: 0.5, count: 9 }]),
  trainingCurves([
    {
      model: "unet",
      epochs: [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, validationDice: epoch / 4 })),
    },
  ]),
  ablationBars([
    { name: "Residual Attention U-Net", mean: 0.6, count: 24 },
    {
      name: "copies before the split, groups torn apart, background counted",
      mean: 0.5,
      count: 24,
    },
  ]),
];

const describeIn = lacking === null ? describe : describe.skip;
describeIn("figures in a page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A page with the network off. */
  async function open(options: {
    readonly scripts?: boolean;
    readonly width?: number;
    readonly isDark?: boolean;
  }): Promise<Page> {
    const { scripts = true, width = 1200, isDark = false } = options;
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      javaScriptEnabled: scripts,
      offline: true,
    });
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      throw error;
    });
    const colours = isDark ? "background:#111;color:#ddd" : "background:#fff;color:#222";
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title><meta name="viewport" content="width=device-width"><script>${plotly.replaceAll("</script", "<\\/script")}</script><script>${hydrate}</script></head><body style="${colours}"><main><h1>Figures</h1>${figures.map((figure) => figure.toHtml()).join("\n")}</main></body></html>`;
    const path = join(folder, `page-${width}-${isDark}.html`);
    writeFileSync(path, html);
    await page.goto(pathToFileURL(path).href);
    if (scripts) await page.waitForSelector(".layerbook-viewer canvas");
    return page;
  }
  async function shot(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `figures-${name}.png`), fullPage: true });
  }
  /** A panel's picture, as a hash. */
  const picture = async (page: Page, panel: number): Promise<string> => {
    const data = await page.evaluate(
      (at) =>
        document.querySelectorAll<HTMLCanvasElement>(".layerbook-viewer canvas")[at].toDataURL(),
      panel,
    );
    return createHash("sha1").update(data).digest("hex");
  };

  it("on a phone plots are stacked, and row names leave room for the bars", async () => {
    const page = await open({ width: 390 });
    await page.waitForSelector(".hbarlayer, .bars");
    const boxes = await page.evaluate(() => {
      const boxOf = (element: Element | null | undefined) => {
        const { left, right, top, bottom } = element?.getBoundingClientRect() ?? new DOMRect();
        return { left, right, top, bottom };
      };
      const plots = Array.from(document.querySelectorAll(".js-plotly-plot"));
      const [, curves, bars] = plots;
      return {
        title: boxOf(curves?.querySelector(".y2title")),
        losses: boxOf(curves?.querySelector(".xy .gridlayer, .subplot.xy")),
        bars: Array.from(bars?.querySelectorAll(".bars .point path") ?? []).map(boxOf),
      };
    });
    expect(boxes.title.top).toBeGreaterThan(boxes.losses.bottom);
    expect(boxes.bars.length).toBeGreaterThan(0);
    for (const { left, right } of boxes.bars) expect(right - left).toBeGreaterThan(60);
    await shot(page, "phone-charts");
    await page.context().close();
  });

  it("the viewer starts at the slice with the largest masks, and follows slider and keys", async () => {
    const page = await open({});
    const place = page.locator(".layerbook-viewer output");
    await shot(page, "light");
    expect(await place.textContent()).toBe("slice 4 (4 of 4)");
    const before = await picture(page, 1);
    await page.getByRole("slider", { name: "Slice" }).press("ArrowLeft");
    await page.waitForFunction(
      () => document.querySelector("output")?.textContent === "slice 3 (3 of 4)",
    );
    expect(await picture(page, 1)).not.toBe(before);
    await page.locator(".layerbook-viewer canvas").first().press("ArrowUp");
    await page.waitForFunction(
      () => document.querySelector("output")?.textContent === "slice 4 (4 of 4)",
    );
    expect(await picture(page, 1)).toBe(before);
    await page.context().close();
  });

  it("the viewer's window, classes, outline and differences change the picture", async () => {
    const page = await open({});
    const states = [await picture(page, 2)];
    const changed = async (act: () => Promise<unknown>): Promise<void> => {
      await act();
      let now = await picture(page, 2);
      for (let i = 0; i < 50 && states.includes(now); i++) {
        await page.waitForTimeout(50);
        now = await picture(page, 2);
      }
      expect(states).not.toContain(now);
      states.push(now);
    };
    const viewer = page.locator(".layerbook-viewer");
    await changed(() =>
      viewer.getByRole("combobox", { name: "Window" }).selectOption("mediastinum"),
    );
    await changed(() => viewer.getByRole("checkbox", { name: "ground-glass opacity" }).uncheck());
    await changed(() => viewer.getByRole("checkbox", { name: "outline only" }).check());
    await changed(() => viewer.getByRole("checkbox", { name: "differences" }).check());
    expect(await viewer.getByText("false positive").isVisible()).toBe(true);
    await shot(page, "changed");
    await page.context().close();
  });

  it("the viewer restores intensities to within its own steps", async () => {
    const page = await open({});
    await page.locator(".layerbook-viewer").getByLabel("Level").fill("-500");
    await page.locator(".layerbook-viewer").getByLabel("Width").fill("1000");
    await page.waitForTimeout(150);
    const grey = await page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".layerbook-viewer canvas");
      const data = canvas?.getContext("2d")?.getImageData(0, 0, 128, 96).data ?? [];
      return Array.from(data).filter((_, i) => i % 4 === 0);
    });
    const wanted = Array.from(scans[3].data, (value) =>
      Math.min(255, Math.max(0, ((value + 1000) / 1000) * 255)),
    );
    // Two adjacent levels in the lung differ by 8 HU, which is 2 grey values here.
    expect(Math.max(...grey.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThanOrEqual(2);
    await page.context().close();
  });

  it("a class that is switched off is hidden in every panel of a comparison", async () => {
    const page = await open({});
    const masks = page.locator(".layerbook-masks");
    const regions = masks.locator(".lb-class-1");
    expect(await regions.count()).toBeGreaterThan(0);
    await masks.getByRole("checkbox", { name: "ground-glass opacity" }).focus();
    await page.keyboard.press("Space");
    expect(
      await regions.evaluateAll((all) =>
        all.every((each) => getComputedStyle(each).display === "none"),
      ),
    ).toBe(true);
    await page.context().close();
  });

  it("charts become interactive, and print as static pictures", async () => {
    const page = await open({});
    expect(await page.locator(".layerbook-figure .js-plotly-plot").count()).toBe(3);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.locator(".layerbook-figure .js-plotly-plot").count()).toBe(0);
    expect(await page.locator(".layerbook-figure > svg").count()).toBe(3);
    await page.context().close();
  });

  it("without scripts every figure still shows a picture", async () => {
    const page = await open({ scripts: false });
    await shot(page, "no-scripts");
    expect(await page.locator("figure img, figure > svg").count()).toBe(figures.length);
    await page.context().close();
  });

  /** The serious and critical problems that axe finds in a page. */
  async function problems(page: Page): Promise<string[]> {
    await page.addScriptTag({ path: require.resolve("axe-core") });
    return page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string }[] }[];
          }>;
        };
      };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`);
    });
  }

  it.each([false, true])("axe finds no serious problem; dark: %p", async (isDark) => {
    const page = await open({ isDark });
    await shot(page, isDark ? "dark" : "axe-light");
    expect(await problems(page)).toEqual([]);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("nor in a %s report", async (colorScheme) => {
    const report = reportPage(
      {
        title: "U-Net on phantom",
        headline: "Mean Dice 0.26 on 5 held-out slices.",
        sections: figures.map((figure, i) => ({
          heading: `Section ${i + 1}`,
          text: ["What the figure shows."],
          figures: [{ figure, caption: "A caption." }],
        })),
        footer: [["Made", "2026-01-01"]],
      },
      join(__dirname, "..", ".."),
    );
    const path = join(folder, "report.html");
    writeFileSync(path, report);
    const page = await (await browser.newContext({ colorScheme, offline: true })).newPage();
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector(".layerbook-viewer canvas");
    expect(await problems(page)).toEqual([]);
    await page.context().close();
  });

  it("nothing is wider than a phone", async () => {
    const page = await open({ width: 390 });
    await shot(page, "phone");
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    await page.context().close();
  });
});
