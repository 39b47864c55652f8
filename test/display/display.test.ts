import {
  clearOutput,
  display,
  interruptRequested,
  setDisplayHost,
  withInterruptible,
} from "../../src/display";
import type { DisplayHost } from "../../src/display";
import { noComms } from "../support/noComms";

class RecordingHost implements DisplayHost {
  readonly log: unknown[] = [];
  readonly interruptFlag = new Int32Array(new SharedArrayBuffer(8));
  readonly comms = noComms;
  cell: number | null = 1;
  publish: DisplayHost["publish"] = (bundle, options) => {
    this.log.push([bundle["text/plain"], options]);
  };
  clearOutput = (wait: boolean): void => void this.log.push(["clear", wait]);
  input = (): null => null;
}

let host: RecordingHost;
beforeEach(() => {
  host = new RecordingHost();
  setDisplayHost(host);
});
afterEach(() => setDisplayHost(null));

describe("display", () => {
  it("makes an output, and replaces the one of its id in the same cell", async () => {
    await display("a");
    await display("b", { id: "p" });
    await display("c", { id: "p" });
    host.cell = 2;
    await display("d", { id: "p" });
    await display("e", { id: "p", update: true });
    clearOutput({ wait: true });
    expect(host.log).toEqual([
      ["a", { update: false }],
      ["b", { id: "p", update: false }],
      ["c", { id: "p", update: true }],
      ["d", { id: "p", update: false }],
      ["e", { id: "p", update: true }],
      ["clear", true],
    ]);
  });

  it("shows the value before the call returns", () => {
    void display(7);
    expect(host.log).toEqual([["7", { update: false }]]);
  });
});

describe("withInterruptible", () => {
  it("counts running sections, however they end", async () => {
    const sections = (): number => Atomics.load(host.interruptFlag, 1);
    let release = (): void => undefined;
    const pending = withInterruptible(() => new Promise<void>((resolve) => (release = resolve)));
    expect(withInterruptible(() => sections())).toBe(2);
    expect(() =>
      withInterruptible(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(sections()).toBe(1);
    release();
    await pending;
    expect(sections()).toBe(0);
    await expect(withInterruptible(() => Promise.reject(new Error("late")))).rejects.toThrow();
    expect(sections()).toBe(0);
  });

  it("lets a section see the stop button", () => {
    expect(interruptRequested()).toBe(false);
    Atomics.store(host.interruptFlag, 0, 1);
    expect(interruptRequested()).toBe(true);
    setDisplayHost(null);
    expect(interruptRequested()).toBe(false);
  });
});
