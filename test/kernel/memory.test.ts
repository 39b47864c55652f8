import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LiveKernel } from "./support/liveKernel";

const folder = mkdtempSync(join(tmpdir(), "memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process's resident memory in MB. */
function residentMb(pid: number): number {
  const [, kilobytes = ""] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

/** Cells of several kinds, each with different names. */
const CELLS: readonly ((n: number) => string)[] = [
  (n) => `const a${n} = [1, 2, 3].map((x) => x * ${n}); a${n}`,
  (n) => `interface P${n} { x: number } const p${n}: P${n} = { x: ${n} }; p${n}`,
  (n) => `function f${n}(x: number) { return x + a${n - 2}.length; } f${n}(2)`,
  (n) => `console.log(${n}, "text")`,
  (n) => `const s${n} = "x".repeat(${n}); s${n}.length`,
];

it("the kernel's processes stay below 450 MB over 300 cells", async () => {
  const kernel = await LiveKernel.start(folder);
  try {
    for (let n = 0; n < 300; n++) {
      const { reply } = await kernel.run(CELLS[n % CELLS.length]?.(n) ?? "");
      expect(reply.content["status"]).toBe("ok");
    }
    const { pid = 0 } = kernel.process;
    const [protocol, session] = [residentMb(pid), residentMb(kernel.sessionPid())];
    expect(protocol + session).toBeLessThan(450);
  } finally {
    kernel.stop();
  }
});
