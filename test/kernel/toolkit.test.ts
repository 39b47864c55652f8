import { SessionScope } from "../../src/kernel/session/scope";
import { Notebook } from "./support/notebook";

const notebooks: Notebook[] = [];
afterAll(() => Promise.all(notebooks.map((notebook) => notebook.close())));

function open(): Notebook {
  const notebook = new Notebook();
  notebooks.push(notebook);
  return notebook;
}

/** Whether TensorFlow's library is in the memory of the process that runs the cell. */
const IS_LOADED = `
  import { readFileSync } from "node:fs";
  readFileSync("/proc/self/maps", "utf8").includes("libtensorflow")`;

describe("the toolkit", () => {
  it("is known to cells that do not use it, without being loaded", async () => {
    const notebook = open();
    expect(await notebook.failure("unet({ wrong: 1 })")).toContain("'wrong' does not exist");
    await notebook.value("const unet = 'mine';");
    await notebook.value("display('shown'); clearOutput();");
    await notebook.value("const later = (): number => tf.scalar(2).dataSync()[0];");
    expect(await notebook.value(IS_LOADED)).toBe("false");
    expect(await notebook.value("later()")).toBe("2");
    expect(await notebook.value(IS_LOADED)).toBe("true");
    // Loading it must not replace a cell's own definition of a name.
    expect(await notebook.value("unet")).toBe("'mine'");
    expect(await notebook.value("typeof residualAttentionUnet")).toBe("'function'");
  });

  it.each([
    ["a cell imports tfjs", "import * as own from '@tensorflow/tfjs'; own.getBackend()"],
    ["a cell imports a part of tfjs", "(await import('@tensorflow/tfjs-core')).getBackend()"],
    ["a file of the project does", "import { backend } from './lib'; backend"],
  ])("registers TensorFlow with tfjs if %s", async (_, code) => {
    const notebook = open();
    notebook.write(
      "lib.ts",
      "import * as tf from '@tensorflow/tfjs'; export const backend = tf.getBackend();",
    );
    expect(await notebook.value(code)).toBe("'tensorflow'");
  });

  it("is loaded completely even if the cell is stopped meanwhile", async () => {
    const notebook = open();
    const running = notebook.run("console.log('on'); tf.scalar(1); for (;;);");
    await notebook.seen("on");
    notebook.session.interrupt();
    expect((await running).error?.ename).toBe("CellInterrupted");
    expect(await notebook.value("tf.getBackend()")).toBe("'tensorflow'");
    expect(await notebook.value("tf.scalar(3).dataSync()[0]")).toBe("3");
  });
});

describe("the names that a session provides", () => {
  function provided(): { scope: SessionScope; all: Record<string, unknown>; loads: () => number } {
    const scope = new SessionScope();
    let count = 0;
    scope.provide(["a", "b"], () => {
      count++;
      return { a: 1, b: 2 };
    });
    return { scope, all: scope.exports as Record<string, unknown>, loads: () => count };
  }

  it("are loaded together when one is read", () => {
    const { all, loads } = provided();
    expect(Object.keys(all)).toEqual(["a", "b"]);
    expect("a" in all).toBe(true);
    expect(loads()).toBe(0);
    expect([all["a"], all["b"], all["a"]]).toEqual([1, 2, 1]);
    expect(loads()).toBe(1);
  });

  it("are replaced by a cell's own, before and after they are loaded", () => {
    const { scope, all } = provided();
    all["a"] = "mine";
    expect([all["b"], all["a"]]).toEqual([2, "mine"]);
    Object.defineProperty(all, "b", { enumerable: true, get: () => "imported" });
    expect(all["b"]).toBe("imported");
    expect(scope.variables()).toEqual({ a: "mine", b: "imported" });
  });

  it("are not variables of the notebook, and listing variables loads nothing", () => {
    const { scope, all, loads } = provided();
    all["own"] = 3;
    expect(scope.variables()).toEqual({ own: 3 });
    expect(loads()).toBe(0);
    expect(all["a"]).toBe(1);
    expect(scope.variables()).toEqual({ own: 3 });
  });

  it("need no loading if their values are given", () => {
    const scope = new SessionScope();
    scope.provide(["a", "b"], () => ({ a: 1, b: 2 }), { b: "there", c: "not asked for" });
    const all = scope.exports as Record<string, unknown>;
    expect([all["b"], all["c"], all["a"], all["b"]]).toEqual(["there", undefined, 1, "there"]);
  });

  it("can still be loaded after loading was stopped", () => {
    const scope = new SessionScope();
    let isStopped = true;
    scope.provide(["a"], () => {
      if (isStopped) throw new Error("stopped");
      return { a: 1 };
    });
    const all = scope.exports as Record<string, unknown>;
    expect(() => all["a"]).toThrow("stopped");
    isStopped = false;
    expect(all["a"]).toBe(1);
  });
});
