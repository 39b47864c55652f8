import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { executablePath, hasChromium } from "../setup/support/chromium";
import { consumerFolder, describeConsumers, runIn } from "./consumers";

if (!hasChromium) console.warn(`No browser at ${executablePath}: its consumers are skipped.`);

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves a folder; a module, and a worker, must come from a server. */
async function serve(folder: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(({ url = "/" }, response) => {
    const file = path.join(folder, url === "/" ? "index.html" : url);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "text/plain" });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}/` };
}

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
    const { server, url } = await serve(consumerFolder("esbuild"));
    const page = await browser.newPage();
    await page.goto(url);
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
    const { server, url } = await serve(path.join(consumerFolder(consumer), served));
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    try {
      await page.goto(url);
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
      // tfjs' oneHot gave integers there, and a Dice loss of 1.
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
