import * as tf from "@tensorflow/tfjs";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../src/engine/load";
import * as layers from "../../src/layers";
import { expectClose } from "../support/close";
import { expectCase, readCases } from "../support/layerGolden";
import type { CaseResult, LayerCase } from "../support/evaluateCase";
import { BROWSER_CASES } from "./layerCases";
import { executablePath, hasChromium } from "../setup/support/chromium";
import { page as local } from "./page";

if (!hasChromium) {
  console.warn(`No browser at ${executablePath}: the WebGL tests are skipped.`);
}

const root = join(__dirname, "..", "..");

/** The page's script, bundled. */
function bundle(folder: string): string {
  // In a separate process: jest's module system differs from Node's.
  const script = `require("esbuild").build({
    entryPoints: { page: "test/browser/page.ts" }, bundle: true, format: "iife", target: "es2022",
    logLevel: "error", outdir: ${JSON.stringify(folder)},
  })`;
  execFileSync(process.execPath, ["-e", script], { cwd: root });
  return readFileSync(join(folder, "page.js"), "utf8");
}

/** One golden of each kind. */
const goldens = [
  ...readCases<LayerCase>("groupedConv2d")
    .slice(2, 3)
    .map((golden) => ({ layer: "GroupedConv2D", golden })),
  ...["residualBlocks", "unetBlocks", "normalization"].flatMap((name) => {
    const cases = readCases<LayerCase & { layer: string }>(name);
    return [...new Set(cases.map(({ layer }) => layer))].flatMap((layer) =>
      cases
        .filter((golden) => golden.layer === layer)
        .slice(0, 1)
        .map(({ layer: _, ...golden }) => ({ layer, golden })),
    );
  }),
  ...readCases<LayerCase>("attentionGate")
    .slice(0, 1)
    .map((golden) => ({ layer: "AttentionGate", golden })),
];

it("has a case for every layer", () => {
  // These are only base classes for user-defined layers.
  const bases = ["BookLayer", "CompositeLayer", "SeededLayer"];
  const classes = Object.entries(layers)
    .filter(([name]) => !bases.includes(name))
    .filter(([, value]) => (value as { prototype?: unknown }).prototype instanceof tf.layers.Layer)
    .map(([name]) => name);
  expect(BROWSER_CASES.map(({ layer }) => layer).sort()).toEqual(classes.sort());
});

(hasChromium ? describe : describe.skip)("on WebGL in headless Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "webgl-"));
  let browser: Browser;
  let tab: Page;

  beforeAll(async () => {
    loadEngine();
    const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
    browser = await chromium.launch({ executablePath, args });
    tab = await browser.newPage();
    await tab.addScriptTag({ content: bundle(folder) });
    const backend = await tab.evaluate("page.start('webgl')");
    expect(backend).toBe("webgl");
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it.each(BROWSER_CASES)(
    "$layer equals TensorFlow, forward and backward",
    async (browserCase) => {
      const wanted = local.runLayer(browserCase);
      const got = await tab.evaluate<ReturnType<typeof local.runLayer>>(
        `page.runLayer(${JSON.stringify(browserCase)})`,
      );
      wanted.outputs.forEach((values, index) => {
        expectClose(got.outputs[index], values, 1e-3, `output ${index}`);
      });
      expect(Object.keys(got.gradients).sort()).toEqual(Object.keys(wanted.gradients).sort());
      for (const [name, values] of Object.entries(wanted.gradients)) {
        if (browserCase.zeroGradients?.some((end) => name.endsWith(end)) === true) continue;
        expectClose(got.gradients[name], values, 1e-3, `gradient of ${name}`);
      }
    },
    60_000,
  );

  it.each(goldens)(
    "$layer equals its golden: $golden.name",
    async ({ layer, golden }) => {
      const got = await tab.evaluate(
        `page.runGolden(${JSON.stringify(layer)}, ${JSON.stringify(golden)})`,
      );
      expectCase(got as CaseResult, golden, { values: 1e-3, gradients: 1e-3 });
    },
    60_000,
  );
});
