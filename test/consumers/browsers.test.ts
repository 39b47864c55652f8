import path from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { executablePath, hasChromium } from "../setup/support/chromium";
import { serveFolder } from "../setup/support/serveFolder";
import { consumerFolder, describeConsumers, runIn } from "./consumers";

if (!hasChromium) console.warn(`No browser at ${executablePath}: its consumers are skipped.`);

interface Trained {
  readonly backend: string;
  readonly before: number;
  readonly after: number;
  readonly error?: string;
}

(hasChromium ? describeConsumers : describe.skip)("a page in Chromium", () => {
  let browser: Browser;
  let hasWebgpu = false;

  beforeAll(async () => {
    const software = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
    const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
    const args = ["--no-sandbox", ...software, ...webgpu, "--enable-features=Vulkan"];
    browser = await chromium.launch({ executablePath, args });
    const { server, address } = await serveFolder(consumerFolder("esbuild"));
    const page = await browser.newPage();
    await page.goto(address);
    hasWebgpu = await page.evaluate<boolean>(
      "(async () => (await navigator.gpu?.requestAdapter()) != null)()",
    );
    if (!hasWebgpu) console.warn("This browser has no WebGPU: training on it is skipped.");
    await page.close();
    server.close();
  });

  afterAll(() => browser.close());

  it.each([
    ["vite", "dist", ["webgl", "webgpu"]],
    ["webpack", "", ["webgl", "webgpu"]],
    ["esbuild", "", ["cpu", "webgl", "webgpu"]],
    ["worker", "dist", ["cpu", "webgl"]],
    ["wasm", "", ["cpu", "wasm"]],
  ])("built as %s trains a step", async (consumer, served, backends) => {
    const built = await runIn(consumer, "npm", ["-s", "run", "build"], { NODE_ENV: "development" });
    expect({ consumer, ...built }).toMatchObject({ status: 0 });
    const { server, address } = await serveFolder(path.join(consumerFolder(consumer), served));
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    try {
      await page.goto(address);
      await page.waitForFunction("typeof trainOneStep === 'function' || undefined").catch(() => {});
      expect(errors).toEqual([]);
      const before: number[] = [];
      for (const backend of backends) {
        if (backend === "webgpu" && !hasWebgpu) continue;
        const answer = await page.evaluate<Trained>(`trainOneStep("${backend}")`);
        expect(answer).toMatchObject({ backend });
        expect(answer.after).toBeLessThan(answer.before);
        before.push(answer.before);
      }
      if (consumer !== "wasm") return;
      // tfjs' oneHot returned integers there, which gave a Dice loss of 1.
      expect(before[1]).toBeCloseTo(before[0], 4);
      const refusal = await page.evaluate<{ message: string; op: string; backend: string }>(
        `trainConvolution("wasm")`,
      );
      expect(refusal).toMatchObject({ op: "Conv2DBackpropFilter", backend: "wasm" });
      expect(refusal.message).toContain("docs/backends.md");
    } finally {
      await page.close();
      server.close();
    }
  });
});
