import { stripVTControlCharacters } from "node:util";
import { Notebook } from "./support/notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = new Notebook();
  await notebook.value("let kept = 7;");
});
afterAll(() => notebook.close());

/** Runs a cell until it has printed "on", stops it, and returns the name of its error. */
async function stop(code: string): Promise<string | undefined> {
  const running = notebook.run(code);
  await notebook.seen("on");
  notebook.session.interrupt();
  return (await running).error?.ename;
}

describe("a stop ends", () => {
  it.each([
    ["a loop", "console.log('on'); for (;;);"],
    [
      "a loop that waits",
      "console.log('on'); for (;;) await new Promise((r) => setTimeout(r, 5));",
    ],
    ["a loop after an await", "await null; console.log('on'); for (;;);"],
    ["a loop of microtasks", "console.log('on'); for (;;) await 0;"],
    ["a wait without end", "console.log('on'); await new Promise(() => {});"],
    [
      "a loop in a callback",
      "setTimeout(() => { console.log('on'); for (;;); }, 1); await new Promise(() => {});",
    ],
    [
      "a loop in a library's await",
      "async function f() { for (;;) await null; } console.log('on'); await f();",
    ],
  ])("%s, and variables stay", async (_name, code) => {
    expect(await stop(code)).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("a cell at what it waits for, and runs its finally blocks", async () => {
    const name = await stop(
      "let cleaned = false; try { console.log('on'); await new Promise(() => {}); } finally { cleaned = true; }",
    );
    expect(name).toBe("CellInterrupted");
    expect(await notebook.value("cleaned")).toBe("true");
  });

  it.each([
    [
      "a finally block that does not end, behind a wait",
      "try { console.log('on'); await new Promise(() => {}); } finally { console.log('still'); for (;;); }",
    ],
    [
      "a finally block that does not end, behind one that waits",
      "try { console.log('on'); await new Promise(() => {}); } finally { await null; console.log('still'); for (;;); }",
    ],
  ])("%s, at the second press", async (_name, code) => {
    const running = notebook.run(code);
    await notebook.seen("on");
    notebook.session.interrupt();
    await notebook.seen("still");
    notebook.session.interrupt();
    expect((await running).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("a loop within a loop's finally block", async () => {
    const code = "try { console.log('on'); for (;;); } finally { for (;;); }";
    expect(await stop(code)).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("a loop that catches the errors of its steps", async () => {
    const code = `let ticks = 0;
      for (;;) {
        try { await new Promise((r) => setTimeout(r, 5)); if (++ticks === 3) console.log("on"); }
        catch { ticks += 1000; }
      }`;
    expect(await stop(code)).toBe("CellInterrupted");
    const ticks = await notebook.value("await new Promise((r) => setTimeout(r, 50)); ticks");
    expect(await notebook.value("await new Promise((r) => setTimeout(r, 50)); ticks")).toBe(ticks);
    expect(Number(ticks)).toBeLessThan(1000);
  });

  it.each([
    ["the form of a value", "({ get [Symbol.toStringTag]() { console.log('on'); for (;;); } })"],
    [
      "what a value says of itself",
      "({ [Symbol.for('nodejs.util.inspect.custom')]() { console.log('on'); for (;;); } })",
    ],
    [
      "what an error says of itself",
      "throw Object.defineProperty(new Error(), 'message', { get() { console.log('on'); for (;;); } });",
    ],
  ])("a loop in %s", async (_name, code) => {
    expect(await stop(code)).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("and says where a loop stood", async () => {
    const running = notebook.run(
      "function spin() {\n  console.log('on');\n  for (;;);\n}\nspin();",
    );
    await notebook.seen("on");
    notebook.session.interrupt();
    const lines = stripVTControlCharacters((await running).error?.traceback.join("\n") ?? "");
    expect(lines).toMatch(/at spin \(Cell \[\d+\]:3:/);
    expect(lines).toMatch(/at Cell \[\d+\]:5:1/);
    expect(lines).not.toMatch(/kernelSession|node:/);
  });

  it("nothing if no cell runs", async () => {
    notebook.session.interrupt();
    expect(await notebook.value("kept")).toBe("7");
  });
});

describe("a stop of a project file's code", () => {
  const COUNTS = "export const seen = { ticks: 0, errors: 0, ends: 0 };\n";
  const FILES = {
    "waits.ts": `${COUNTS}export async function loop(): Promise<void> {
      try {
        for (;;) {
          try { await new Promise((r) => setTimeout(r, 5)); if (++seen.ticks === 3) console.log("on"); }
          catch { seen.errors++; }
        }
      } finally { seen.ends++; }
    }`,
    "iterates.ts": `import { setInterval } from "node:timers/promises";
    ${COUNTS}export async function loop(): Promise<void> {
      try {
        for await (const _ of setInterval(5)) if (++seen.ticks === 3) console.log("on");
      } catch { seen.errors++; } finally { seen.ends++; }
    }`,
    "retries.cjs": `exports.seen = { ticks: 0, errors: 0, ends: 0 };
    exports.loop = async (step) => {
      try {
        for (;;) try { await step(); if (++exports.seen.ticks === 3) console.log("on"); }
        catch ({ message }) { exports.seen.errors++; }
      } finally { exports.seen.ends++; }
    };`,
  };

  it.each([
    ["that waits and catches", "waits.ts", ""],
    ["in a for await", "iterates.ts", ""],
    [
      "in CommonJS that runs a cell's steps",
      "retries.cjs",
      "() => new Promise((r) => setTimeout(r, 5))",
    ],
  ] as const)("ends a loop %s, which catches nothing", async (_name, file, step) => {
    notebook.write(`lib/${file}`, FILES[file]);
    const cell = `const { loop, seen } = require("./lib/${file}"); await loop(${step});`;
    expect(await stop(cell)).toBe("CellInterrupted");
    const counts = "await new Promise((r) => setTimeout(r, 50)); JSON.stringify(seen)";
    const before = await notebook.value(counts);
    expect(before).toMatch(/"errors":0,"ends":1/);
    expect(await notebook.value(counts)).toBe(before);
  });

  it("does not change its errors", async () => {
    notebook.write(
      "lib/catches.ts",
      `export async function caught(): Promise<string> {
        try { await Promise.reject(new RangeError("a")); } catch ({ message }) { return message; }
        return "";
      }`,
    );
    expect(await notebook.value('import { caught } from "./lib/catches"; await caught()')).toBe(
      "'a'",
    );
  });
});

describe("code that catches", () => {
  it("catches its errors as usual", async () => {
    const code = `const got: unknown[] = [];
      try { throw new RangeError("a"); } catch (error) { got.push((error as Error).message); }
      try { throw { message: "b", at: [1, 2] }; } catch ({ message, at: [, second] }) { got.push(message, second); }
      try { throw "c"; } catch { got.push("c"); } finally { got.push("d"); }
      try { await Promise.reject(new Error("e")); } catch (error) { error = 5; got.push(error); }
      got.join()`;
    expect(await notebook.value(code)).toBe("'a,b,2,c,d,5'");
  });
});

describe("a stop of a callback left by an ended cell", () => {
  const LOOP = "{ console.log('on'); for (;;); }";

  it.each([
    ["a timer", `setTimeout(() => ${LOOP}, 20);`],
    ["an interval", `const every = setInterval(() => ${LOOP}, 20);`],
    ["an immediate", `setTimeout(() => setImmediate(() => ${LOOP}), 20);`],
    ["a tick", `setTimeout(() => process.nextTick(() => ${LOOP}), 20);`],
    ["a microtask", `setTimeout(() => queueMicrotask(() => ${LOOP}), 20);`],
    ["a promise's reaction", `new Promise<void>((r) => setTimeout(r, 20)).then(() => ${LOOP});`],
    [
      "an asynchronous function",
      `(async () => { await new Promise((r) => setTimeout(r, 20)); ${LOOP} })();`,
    ],
    [
      "a listener",
      `import { EventEmitter } from "node:events";
       const emitter = new EventEmitter().on("tick", () => ${LOOP});
       setTimeout(() => emitter.emit("tick"), 20);`,
    ],
    [
      "a stream",
      `import { readFile } from "node:fs";
       setTimeout(() => readFile("/dev/null", () => ${LOOP}), 20);`,
    ],
    [
      "a port",
      `import { MessageChannel as Channel } from "node:worker_threads";
       const channel = new Channel();
       channel.port1.on("message", () => ${LOOP});
       setTimeout(() => channel.port2.postMessage(1), 20);`,
    ],
  ])("of %s ends it, reports where it was, and variables stay", async (_name, code) => {
    await notebook.value(code);
    await notebook.seen("on");
    notebook.session.interrupt();
    await notebook.seen("Stopped what an earlier cell had left running:");
    await notebook.seen("Cell [");
    expect(await notebook.value("kept")).toBe("7");
    expect(await notebook.value("await new Promise((r) => setTimeout(r, 5)); kept")).toBe("7");
  });

  it("while the next cell waits behind it ends both", async () => {
    await notebook.value(`setTimeout(() => ${LOOP}, 20);`);
    await notebook.seen("on");
    const waiting = notebook.run("kept");
    await new Promise((resolve) => setTimeout(resolve, 100));
    notebook.session.interrupt();
    expect((await waiting).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("while the next cell waits for something ends both", async () => {
    await notebook.value(`setTimeout(() => ${LOOP}, 300);`);
    const waiting = notebook.run("await new Promise(() => {})");
    await notebook.seen("on");
    notebook.session.interrupt();
    expect((await waiting).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it.each([
    ["a microtask", `queueMicrotask(() => ${LOOP});`],
    ["a tick", `process.nextTick(() => ${LOOP});`],
    ["a promise's reaction", `Promise.resolve().then(() => ${LOOP});`],
  ])("ends the cell even if %s keeps it from ending", async (_name, code) => {
    expect(await stop(code)).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });

  it("ends one that waits for a child", async () => {
    await notebook.value(
      "import { execSync } from 'node:child_process'; setTimeout(() => { console.log('on'); execSync('sleep 60'); }, 20);",
    );
    await notebook.seen("on");
    const pressed = performance.now();
    notebook.session.interrupt();
    expect(await notebook.value("kept")).toBe("7");
    expect(performance.now() - pressed).toBeLessThan(30_000);
  });

  // Node drops the immediates queued after one that is terminated.
  it("leaves later timers intact, and the session goes idle", async () => {
    await notebook.value(
      `let later = 0;
       setTimeout(() => {
         setImmediate(() => ${LOOP});
         setImmediate(() => undefined);
       }, 20);
       setTimeout(() => later++, 20);`,
    );
    await notebook.seen("on");
    notebook.session.interrupt();
    await notebook.seen("Stopped");
    const busy = `const before = process.cpuUsage();
      await new Promise((r) => setTimeout(r, 400));
      const { user, system } = process.cpuUsage(before);
      (user + system) / 1000 < 200`;
    expect(await notebook.value(busy)).toBe("true");
    expect(await notebook.value("later")).toBe("1");
  });
});

describe("a stop of for await", () => {
  it.each([
    [
      "an asynchronous source, which is told to end",
      `let ended = false;
       async function* every() { try { for (;;) { await new Promise((r) => setTimeout(r, 5)); yield 1; } } finally { ended = true; } }
       let ticks = 0;
       for await (const _ of every()) if (++ticks === 3) console.log("on");`,
    ],
    [
      "a timer of Node's",
      `import { setInterval as every } from "node:timers/promises";
       let ticks = 0;
       for await (const _ of every(5)) if (++ticks === 3) console.log("on");`,
    ],
    [
      "a loop inside a function",
      `import { setInterval as every } from "node:timers/promises";
       let ticks = 0;
       async function follow() { for await (const _ of every(5)) if (++ticks === 3) console.log("on"); }
       await follow();`,
    ],
  ])("ends %s", async (_name, code) => {
    expect(await stop(code)).toBe("CellInterrupted");
    const ticks = await notebook.value("ticks");
    expect(await notebook.value("await new Promise((r) => setTimeout(r, 50)); ticks")).toBe(ticks);
    if (code.includes("let ended")) expect(await notebook.value("ended")).toBe("true");
  });

  it("does not change what for await does otherwise", async () => {
    const code = `const got: unknown[] = [];
      for await (const value of [1, Promise.resolve(2)]) got.push(value);
      async function* two() { try { yield "a"; yield "b"; } finally { got.push("closed"); } }
      for await (const value of two()) { got.push(value); break; }
      try { for await (const _ of 5 as any) got.push("no"); } catch (error) { got.push((error as Error).name); }
      try { for await (const _ of [Promise.reject(new RangeError("x"))]) got.push("no"); } catch (error) { got.push((error as Error).name); }
      got.join()`;
    expect(await notebook.value(code)).toBe("'1,2,a,closed,TypeError,RangeError'");
  });
});

describe("a stop before the session has loaded", () => {
  it("ends the cell that waits for it, and later cells run", async () => {
    const fresh = new Notebook();
    try {
      const running = fresh.run("let ran = true; console.log('ran');");
      fresh.session.interrupt();
      const { error, outputs } = await running;
      expect(error?.ename).toBe("CellInterrupted");
      expect(outputs).toEqual([]);
      expect(await fresh.value("1 + 1")).toBe("2");
    } finally {
      await fresh.close();
    }
  });
});

describe("child processes", () => {
  const isThere = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const gone = async (pid: number): Promise<boolean> => {
    for (let tries = 0; tries < 100 && isThere(pid); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return !isThere(pid);
  };

  it.each([
    ["that ends by the signal", "sleep 60"],
    ["whose shell ends", "sleep 60; true"],
    ["with a status of its own", "trap 'exit 3' INT; sleep 60; exit 4"],
  ])("that a cell waits for in a single call end with the stop: one %s", async (_name, command) => {
    const running = notebook.run(
      `import { execSync } from 'node:child_process'; console.log('on'); execSync(${JSON.stringify(command)});`,
    );
    await notebook.seen("on");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const pressed = performance.now();
    notebook.session.interrupt();
    expect((await running).error?.ename).toBe("CellInterrupted");
    expect(performance.now() - pressed).toBeLessThan(30_000);
    expect(await notebook.value("kept")).toBe("7");
  });

  it("are ended even if a cell catches their error", async () => {
    const running = notebook.run(
      `import { execSync } from 'node:child_process';
       let caught = 0;
       for (;;) try { console.log('on'); execSync('sleep 60'); } catch { caught++; }`,
    );
    await notebook.seen("on");
    await new Promise((resolve) => setTimeout(resolve, 200));
    notebook.session.interrupt();
    expect((await running).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("caught")).toBe("0");
  });

  it("in the background end with a stop, but not if no cell runs", async () => {
    const spawned = "import { spawn } from 'node:child_process'; spawn('sleep', ['300']).pid";
    const idle = Number(await notebook.value(spawned));
    notebook.session.interrupt();
    expect(await notebook.value("kept")).toBe("7");
    expect(isThere(idle)).toBe(true);
    expect(await stop("console.log('on'); await new Promise(() => {});")).toBe("CellInterrupted");
    expect(await gone(idle)).toBe(true);
  });

  it("do not outlive the session", async () => {
    const fresh = new Notebook();
    const pid = Number(
      await fresh.value("import { spawn } from 'node:child_process'; spawn('sleep', ['300']).pid"),
    );
    expect(isThere(pid)).toBe(true);
    await fresh.close();
    expect(await gone(pid)).toBe(true);
  });
});

describe("a section that stops by itself", () => {
  const training = (step: string): string =>
    `import { interruptRequested, withInterruptible } from "layerbook";
     const weight = tf.variable(tf.scalar(0));
     const trained = ${step.includes("await") ? "await " : ""}withInterruptible(${step.includes("await") ? "async " : ""}() => {
       let steps = 0;
       while (!interruptRequested()) {
         tf.tidy(() => weight.assign(weight.add(1)));
         if (++steps === 3) console.log("on");
         ${step}
       }
       return { steps };
     });`;

  it.each([
    ["in a loop", ""],
    ["in a loop that yields", "await new Promise((resolve) => setImmediate(resolve));"],
  ])("returns what it has, %s, and the cell continues", async (_name, step) => {
    expect(await stop(training(step))).toBeUndefined();
    const same = "[trained.steps >= 3, weight.dataSync()[0] === trained.steps]";
    expect(await notebook.value(same)).toBe("[ true, true ]");
    expect(await notebook.value("interruptRequested()")).toBe("false");
  });
});

describe("a section that does not stop by itself", () => {
  it("ends at a second press", async () => {
    const running = notebook.run(
      'import { withInterruptible as within } from "layerbook"; within(() => { console.log("on"); for (;;); });',
    );
    await notebook.seen("on");
    notebook.session.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    notebook.session.interrupt();
    expect((await running).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("kept")).toBe("7");
  });
});

describe("tfjs after a loop inside its scopes was terminated", () => {
  const account =
    "(({ numTensors, numBytes, numDataBuffers }) => [numTensors, numBytes, numDataBuffers])(tf.memory())";

  // The termination hits a different point of tfjs' engine each time.
  it("computes gradients and frees tensors as before, wherever it was terminated", async () => {
    const before = await notebook.value(account);
    for (let time = 0; time < 8; time++) {
      expect(
        await stop(
          "tf.tidy(() => tf.grad((x: tf.Tensor) => { console.log('on'); for (;;) x.square(); return x; })(tf.scalar(3)));",
        ),
      ).toBe("CellInterrupted");
      expect(await notebook.value(account)).toBe(before);
    }
    expect(
      await notebook.value(
        "tf.tidy(() => tf.grad((x: tf.Tensor) => x.square())(tf.scalar(3)).dataSync()[0])",
      ),
    ).toBe("6");
    expect(await notebook.value(account)).toBe(before);
  });

  it("leaves kept tensors and a variable's value", async () => {
    const code =
      "let held: tf.Tensor; const counted = tf.tidy(() => tf.variable(tf.scalar(1)));" +
      "tf.tidy(() => { held = tf.keep(tf.scalar(5).add(1)); counted.assign(held.add(1)); console.log('on'); for (;;) held.square(); });";
    expect(await stop(code)).toBe("CellInterrupted");
    expect(await notebook.value("[held.dataSync()[0], counted.dataSync()[0]]")).toBe("[ 6, 7 ]");
  });
});

describe("a training", () => {
  it.each([
    ["eager", false],
    ["compiled", true],
  ])(
    "that is %s returns what it had, with its weights updated and retained",
    async (_name, compiled) => {
      const seconds = await notebook.value(`
      const model = unet({ inputShape: [32, 32, 1], numClasses: 2, filters: 4, depth: 2, seed: 1 });
      const start = model.getWeights()[0].dataSync().slice();
      const samples: Sample[] = Array.from({ length: 4 }, (_, index) => ({
        id: \`s\${index}\`,
        group: \`g\${index}\`,
        image: { height: 32, width: 32, data: new Float32Array(1024).fill(index / 4) },
        labels: { height: 32, width: 32, data: new Uint8Array(1024).fill(index % 2) },
      }));`);
      expect(seconds).toBeNull();
      const running = notebook.run(
        `const result = await fit(model, { train: samples }, {
        epochs: 100_000, batchSize: 2, compiled: ${compiled}, progress: false,
        onEpoch: ({ epoch }) => { if (epoch === 2) console.log("on"); },
      });`,
      );
      await notebook.seen("on");
      const pressed = performance.now();
      notebook.session.interrupt();
      expect((await running).error).toBeNull();
      expect(performance.now() - pressed).toBeLessThan(2000);
      expect(await notebook.value("[result.ended, result.records.length >= 2]")).toBe(
        "[ 'interrupted', true ]",
      );
      expect(
        await notebook.value("model.getWeights()[0].dataSync().some((w, i) => w !== start[i])"),
      ).toBe("true");
      expect(await notebook.value("kept")).toBe("7");
    },
  );
});
