import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { exportNotebook } from "../../src/viz/reports/exportNotebook";
import { SLIDER_CELL } from "./slider";
import {
  executablePath,
  lacking,
  python,
  root,
  notebookOf,
  startJupyterLab,
} from "./startJupyterLab";

if (lacking !== null) console.warn(`${lacking}: widgets are not looked at.`);

/** For screenshots: LAYERBOOK_SCREENSHOTS names a folder. */
const screenshots = process.env["LAYERBOOK_SCREENSHOTS"];

jest.setTimeout(1_800_000);

const CELLS = [SLIDER_CELL, "slider.get('value')", "slider.set('value', 77); seen.at(-1)"] as const;

const NOTEBOOK = notebookOf(
  Object.fromEntries(CELLS.map((source, index) => [`cell-${index}`, source])),
);

async function shot(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

(lacking === null ? describe : describe.skip)("a widget in JupyterLab", () => {
  const folder = mkdtempSync(join(tmpdir(), "widgets-"));
  let server: ChildProcess;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    writeFileSync(join(folder, "widgets.ipynb"), JSON.stringify(NOTEBOOK));
    const started = await startJupyterLab(folder);
    server = started.process;
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.setDefaultTimeout(120_000);
    await page.goto(`${started.address}/lab/tree/widgets.ipynb?token=secret`);
    await idle();
    await page.click('button:text-is("No")', { timeout: 5_000 }).catch(() => undefined);
  });

  afterAll(async () => {
    await browser.close();
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  async function idle(): Promise<void> {
    await page.waitForFunction(
      () => /TypeScript \(layerbook\) \| Idle/.test(document.body.innerText),
      null,
      { timeout: 300_000 },
    );
  }

  const cell = (index: number): ReturnType<Page["locator"]> =>
    page.locator(".jp-Notebook .jp-CodeCell").nth(index);
  const slider = (): ReturnType<Page["locator"]> => page.getByRole("slider", { name: "Slice" });

  /** Runs a cell; returns when its prompt shows its execution count. */
  async function run(index: number, count: number): Promise<string> {
    await cell(index).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    await cell(index).locator(`.jp-InputPrompt:text-is("[${count}]:")`).waitFor();
    return cell(index).locator(".jp-Cell-outputArea").innerText();
  }

  it("is drawn, and moving it changes a value in TypeScript", async () => {
    await run(0, 1);
    await slider().waitFor();
    expect(await slider().inputValue()).toBe("30");
    await slider().fill("42");
    await page.getByText("the kernel has 42").waitFor();
    expect(await run(1, 2)).toContain("42");
    expect(await page.locator("output").last().innerText()).toBe("slice 42 of 100/7");
    await shot(page, "widget-moved-in-page");
  });

  it("is moved by TypeScript", async () => {
    expect(await run(2, 3)).toContain("77");
    await page.locator("output", { hasText: "slice 77" }).waitFor();
    expect(await slider().inputValue()).toBe("77");
    await page.getByText("the kernel has 77").first().waitFor();
    await shot(page, "widget-moved-by-kernel");
  });

  it("is still connected to the kernel after a reload", async () => {
    await page.keyboard.press("Control+s");
    await page.waitForSelector(".jp-mod-dirty", { state: "detached" });
    await page.reload();
    await idle();
    await slider().waitFor();
    expect(await slider().inputValue()).toBe("77");
    await slider().fill("12");
    expect(await run(1, 4)).toContain("12");
  });

  it("runs in an exported page without kernel and network, and has a picture for print", async () => {
    await page.keyboard.press("Control+s");
    await page.waitForSelector(".jp-mod-dirty", { state: "detached" });
    const html = join(folder, "page.html");
    await exportNotebook({
      notebook: join(folder, "widgets.ipynb"),
      output: html,
      python: python ?? "",
      packageRoot: root,
    });
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    await context.setOffline(true);
    const exported = await context.newPage();
    const problems: string[] = [];
    exported.on("pageerror", ({ message }) => problems.push(message));
    exported.on("requestfailed", (request) => problems.push(request.url()));
    await exported.goto(pathToFileURL(html).href);
    const there = exported.getByRole("slider", { name: "Slice" });
    await there.waitFor();
    await there.fill("55");
    await exported.locator("output", { hasText: "slice 55 of 100/7" }).waitFor();
    await shot(exported, "widget-exported");
    expect(problems).toEqual([]);
    await context.close();
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const still = await plain.newPage();
    await still.goto(pathToFileURL(html).href);
    const picture = still.getByRole("img", { name: /^Widget\(value: 30/ });
    await picture.waitFor();
    await picture.scrollIntoViewIfNeeded();
    await shot(still, "widget-without-scripts");
    await plain.close();
  });
});
