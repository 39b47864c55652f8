import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Notebook } from "./support/notebook";

let notebook: Notebook;
beforeEach(async () => {
  notebook = new Notebook();
  await notebook.value("let kept = 7;");
});
afterEach(() => notebook.close());

describe("a mishap in a cell", () => {
  it("process.exit ends the cell, not the session", async () => {
    const { error } = await notebook.run("process.exit(3)");
    expect(error).toMatchObject({
      ename: "ProcessExit",
      evalue: expect.stringContaining("process.exit(3)") as unknown,
    });
    expect(await notebook.value("kept")).toBe("7");
  });

  it("a promise that rejects late is reported with its place", async () => {
    await notebook.value("setTimeout(() => Promise.reject(new Error('too late')), 1);");
    await notebook.seen("too late");
    expect(notebook.printed()).toContain("Unhandled rejection");
    expect(stripVTControlCharacters(notebook.printed())).toMatch(/Cell \[2\]:1:33/);
  });

  it("an error in a callback is reported", async () => {
    await notebook.value("setTimeout(() => { throw new Error('in a callback'); }, 1);");
    await notebook.seen("in a callback");
    expect(await notebook.value("kept")).toBe("7");
  });

  it.each([
    ["process.abort()", "SIGABRT"],
    ["process.kill(process.pid, 'SIGSEGV'); for (;;);", "SIGSEGV"],
  ])(
    "a crash in native code (%s) is reported, and a new session runs the next cell",
    async (code, signal) => {
      const { error, outputs } = await notebook.run(`console.log("last words"); ${code}`);
      expect(error).toMatchObject({
        ename: "SessionEnded",
        evalue: expect.stringContaining(signal) as unknown,
      });
      expect(error?.traceback.join("\n")).toContain(
        "All variables are lost; the notebook itself is unchanged",
      );
      expect(outputs).toContainEqual({ type: "stream", name: "stdout", text: "last words\n" });
      expect(await notebook.value("typeof kept === 'undefined' ? 1 : 2").catch(String)).toContain(
        "Cannot find name 'kept'",
      );
      expect(await notebook.value("1 + 1")).toBe("2");
    },
  );

  it("what native code and child processes print reaches the cell", async () => {
    await notebook.value(
      "import { execSync } from 'node:child_process'; execSync('echo from below; echo and this >&2', { stdio: 'inherit' });",
    );
    await notebook.seen("from below");
    await notebook.seen("and this");
  });
});

describe("a session", () => {
  it("runs a thousand cells without growing", async () => {
    await notebook.value(
      "import v8 from 'node:v8'; import vm from 'node:vm'; v8.setFlagsFromString('--expose-gc'); const collect: () => void = vm.runInNewContext('gc');",
    );
    const heap = "collect(); process.memoryUsage().heapUsed / 1e6";
    for (let cell = 0; cell < 100; cell++) await notebook.value(`const step = ${cell}; step * 2`);
    const early = Number(await notebook.value(heap));
    for (let cell = 0; cell < 1000; cell++) {
      await notebook.value(`const step = kept + ${cell}; let trail = [step]; step * 2`);
    }
    expect(Number(await notebook.value(heap)) - early).toBeLessThan(30);
  }, 600_000);

  it("sends all of ten megabytes while its thread is busy", async () => {
    const { outputs } = await notebook.run(
      "for (let line = 0; line < 100_000; line++) console.log(`${String(line).padStart(6, '0')} ${'x'.repeat(92)}`);",
    );
    const text = outputs.map((output) => (output.type === "stream" ? output.text : "")).join("");
    expect(text).toHaveLength(10_000_000);
    expect(text.slice(-100, -93)).toBe("099999 ");
  });

  it("handles text in every script", async () => {
    const { value, outputs } = await notebook.run("console.log('é 漢字 🫁 \\u2028'); '𝛼' + 'ß'");
    expect(value).toBe("'𝛼ß'");
    expect(outputs[0]).toMatchObject({ text: "é 漢字 🫁 \u2028\n" });
  });

  it("ends with its kernel, even out of a loop, and lets exit handlers run", async () => {
    const file = join(notebook.folder, "gone");
    void notebook.run(
      `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(file)}, "")); console.log("set"); await new Promise(() => {});`,
    );
    await notebook.seen("set");
    await notebook.session.close();
    expect(existsSync(file)).toBe(true);
  });
});

describe("tslab's display calls", () => {
  it("keep working", async () => {
    const { outputs } = await notebook.run(
      `import * as tslab from "tslab";
       tslab.display.html("<b>hi</b>");
       const slot = tslab.newDisplay();
       slot.text("one"); slot.text("two");
       tslab.display.png(new Uint8Array([1, 2, 3]));`,
    );
    expect(outputs).toMatchObject([
      { type: "display", bundle: { "text/html": "<b>hi</b>" }, id: null, update: false },
      { type: "display", bundle: { "text/plain": "one" }, update: false },
      { type: "display", bundle: { "text/plain": "two" }, update: true },
      { type: "display", bundle: { "image/png": "AQID" } },
    ]);
  });
});
