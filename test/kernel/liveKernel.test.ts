import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { LiveKernel } from "./support/liveKernel";

const folder = mkdtempSync(join(tmpdir(), "kernel-"));
const kernels: LiveKernel[] = [];

async function start(env?: NodeJS.ProcessEnv): Promise<LiveKernel> {
  const kernel = await LiveKernel.start(folder, env);
  kernels.push(kernel);
  return kernel;
}

afterAll(() => {
  for (const kernel of kernels) kernel.stop();
  rmSync(folder, { recursive: true });
});

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("two kernels at once", () => {
  it("keep their names apart, and both answer", async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(await one.value("const whose = 'one'; whose")).toBe("'one'");
    expect(await other.value("typeof (globalThis as { whose?: string }).whose")).toBe(
      "'undefined'",
    );
    const [first, second] = await Promise.all([
      one.value("await new Promise((done) => setTimeout(done, 300)); tf.scalar(1).dataSync()[0]"),
      other.value("tf.scalar(2).dataSync()[0]"),
    ]);
    expect([first, second]).toEqual(["1", "2"]);
  });
});

describe("a kernel that is killed", () => {
  it.each([
    ["while it waits", "1"],
    ["in the middle of a loop", "console.log('on'); for (;;);"],
  ])("leaves no process behind: %s", async (_, code) => {
    const kernel = await start();
    await kernel.value("1");
    const session = kernel.sessionPid();
    // Does not wait for its end: the loop has none.
    if (code.includes("for")) void kernel.run(code).catch(() => undefined);
    kernel.process.kill("SIGKILL");
    await gone(session);
    expect(existsSync(`/proc/${session}`)).toBe(false);
  });
});

describe("a kernel whose engine does not load", () => {
  it("starts, and the first cell that needs it reports the problem and doctor's advice", async () => {
    const breaker = join(folder, "break.cjs");
    writeFileSync(
      breaker,
      `const { Module } = require("node:module");
       const load = Module._load;
       Module._load = function (name, ...rest) {
         if (name.includes("@tensorflow/tfjs-node-gpu")) throw new Error("the addon is not built");
         return load.call(this, name, ...rest);
       };`,
    );
    const kernel = await start({ NODE_OPTIONS: `--require ${breaker}` });
    const before = await kernel.run("1 + 1");
    expect(before.published.map(({ header }) => header.msg_type)).not.toContain("stream");
    const { published, reply } = await kernel.run("tf.scalar(1).dataSync()[0]");
    const said = published
      .filter(({ content }) => content["name"] === "stderr")
      .map(({ content }) => stripVTControlCharacters(String(content["text"])))
      .join("");
    expect(said).toContain("layerbook is not completely installed: the addon is not built");
    expect(said).toMatch(/BROKEN +engine +Error: the addon is not built/);
    expect(reply.content["status"]).toBe("ok");
    // Reported once; cells that need no native engine work.
    const again = await kernel.run("tf.scalar(2).dataSync()[0]");
    expect(again.published.map(({ header }) => header.msg_type)).not.toContain("stream");
  });
});
