import { Writable } from "node:stream";
import { setDisplayHost } from "../../src/display";
import type { DisplayHost, MimeBundle, PublishOptions } from "../../src/display";
import { createProgress, progressBundle } from "../../src/display/progress";

interface Published {
  readonly bundle: MimeBundle;
  readonly options: PublishOptions;
}

function fakeHost(): DisplayHost & { readonly published: Published[] } {
  const published: Published[] = [];
  return {
    published,
    cell: 1,
    interruptFlag: new Int32Array(new SharedArrayBuffer(8)),
    publish: (bundle, options) => void published.push({ bundle, options }),
    clearOutput: () => undefined,
    input: () => null,
  };
}

function logStream(): NodeJS.WriteStream & { readonly lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { lines, isTTY: false }) as never;
}

afterEach(() => setDisplayHost(null));

describe("createProgress", () => {
  it("redraws one output of a notebook, no oftener than its throttle", () => {
    const host = fakeHost();
    setDisplayHost(host);
    let clock = 0;
    const progress = createProgress({ label: "fit", total: 40, throttleMs: 250, now: () => clock });
    for (let step = 1; step <= 40; step++) {
      clock += 100;
      progress.update(step, { loss: 1 / step });
    }
    progress.stop("4 s");
    progress.update(41);
    // 40 updates 100 ms apart: one in three is drawn, and the last state.
    expect(host.published).toHaveLength(15);
    const ids = new Set(host.published.map(({ options }) => options.id));
    expect(ids.size).toBe(1);
    expect(host.published.map(({ options }) => options.update)).toEqual([
      false,
      ...Array<boolean>(14).fill(true),
    ]);
    expect(host.published.at(-1)?.bundle["text/plain"]).toBe("fit: 40/40 · loss 0.025 · 4 s");
  });

  it("gives two bars an output each", () => {
    const host = fakeHost();
    setDisplayHost(host);
    for (const label of ["a", "b"]) createProgress({ label, total: 1 }).update(1);
    expect(host.published[0]?.options.id).not.toBe(host.published[1]?.options.id);
  });

  it("writes a line a tenth to a log", () => {
    const stream = logStream();
    let clock = 0;
    const progress = createProgress({ label: "fit", total: 1000, stream, now: () => clock });
    for (let step = 1; step <= 1000; step++) {
      clock += 1000;
      progress.update(step);
    }
    progress.stop();
    expect(stream.lines).toHaveLength(12);
    expect(stream.lines[1]).toBe("fit: 100/1000 · 15:00 min left\n");
    expect(stream.lines.at(-1)).toBe("fit: 1000/1000 · 16:40 min\n");
  });
});

describe("progressBundle", () => {
  it("escapes what the caller names", () => {
    const html = progressBundle({
      label: "<b>&",
      done: 0,
      total: 0,
      elapsedMs: 0,
      values: {},
    })["text/html"];
    expect(html).toContain("&lt;b&gt;&amp;");
    expect(html).toContain("width:100.0%");
  });
});
