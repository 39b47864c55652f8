import { Writable } from "node:stream";
import { setDisplayHost } from "../../src/display";
import type { DisplayHost, MimeBundle, PublishOptions } from "../../src/display";
import { createProgress, progressBundle } from "../../src/display/progress";
import { noComms } from "../support/noComms";

interface Published {
  readonly bundle: MimeBundle;
  readonly options: PublishOptions;
}

function fakeHost(): DisplayHost & { readonly published: Published[] } {
  const published: Published[] = [];
  return {
    published,
    cell: 1,
    comms: noComms,
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
  it("redraws one output of a notebook, at most as often as its throttle allows", () => {
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
    // 40 updates 100 ms apart: every third is drawn, and the last state.
    expect(host.published).toHaveLength(15);
    const ids = new Set(host.published.map(({ options }) => options.id));
    expect(ids.size).toBe(1);
    expect(host.published.map(({ options }) => options.update)).toEqual([
      false,
      ...Array<boolean>(14).fill(true),
    ]);
    expect(host.published.at(-1)?.bundle["text/plain"]).toBe("fit: 40/40 · loss 0.025 · 4 s");
  });

  it("gives each of two bars its own output", () => {
    const host = fakeHost();
    setDisplayHost(host);
    for (const label of ["a", "b"]) createProgress({ label, total: 1 }).update(1);
    expect(host.published[0]?.options.id).not.toBe(host.published[1]?.options.id);
  });

  it("writes one line per tenth to a log", () => {
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

describe("a bar that waits", () => {
  it("says why, and does not count the wait towards the time left", () => {
    const stream = logStream();
    let clock = 0;
    const progress = createProgress({ label: "fit", total: 10, stream, now: () => clock });
    progress.pause("compiling");
    clock += 60_000;
    progress.update(0);
    clock += 1000;
    progress.update(1);
    expect(stream.lines).toEqual([
      "fit: 0/10 · compiling\n",
      "fit: 0/10 · 0 s\n",
      "fit: 1/10 · 9 s left\n",
    ]);
  });

  it("starts where a resumed training starts, and estimates only from its own steps", () => {
    const stream = logStream();
    let clock = 0;
    const options = { label: "fit", total: 100, initial: 90, stream, now: () => clock };
    const progress = createProgress(options);
    clock += 2000;
    progress.update(91);
    expect(stream.lines).toEqual(["fit: 91/100 · 18 s left\n"]);
  });
});

describe("progressBundle", () => {
  it("shows values with three significant digits, and counts in full", () => {
    const values = { epoch: 12345, loss: 0.123456, tiny: 0.0000123456, rate: "0.1234" };
    const state = { label: "fit", done: 1, total: 2, elapsedMs: 1000, values };
    expect(progressBundle(state)["text/plain"]).toBe(
      "fit: 1/2 · epoch 12345 · loss 0.123 · tiny 0.0000123 · rate 0.1234 · 1 s left",
    );
  });

  it("is green only if everything was done", () => {
    const colourOf = (end: { summary?: string; outcome?: "done" | "interrupted" | "failed" }) =>
      /background:(#\w+);width/.exec(
        String(
          progressBundle({ label: "fit", done: 1, total: 2, elapsedMs: 0, values: {}, ...end })[
            "text/html"
          ],
        ),
      )?.[1];
    const summary = "1 s";
    expect(colourOf({ summary, outcome: "done" })).toBe("#009e73");
    const others = [
      {},
      { summary, outcome: "interrupted" },
      { summary, outcome: "failed" },
    ] as const;
    const colours = others.map(colourOf);
    expect(new Set([...colours, "#009e73"]).size).toBe(4);
  });

  it("escapes the caller's texts", () => {
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

describe("a bar in a notebook", () => {
  const state = { label: "fit & go", done: 1, total: 4, elapsedMs: 1000, values: { loss: 0.25 } };
  const html = (more: object): string => String(progressBundle({ ...state, ...more })["text/html"]);

  it("tells a screen reader its label and state", () => {
    expect(html({})).toContain(
      'role="progressbar" aria-label="fit &amp; go" aria-valuemin="0" aria-valuemax="100" aria-valuenow="25.0" aria-valuetext="1/4 · loss 0.25 · 3 s left"',
    );
  });

  it.each(["running", "done", "interrupted", "failed"])(
    "is visible on light and dark pages: %s",
    (outcome) => {
      const ended = outcome === "running" ? {} : { summary: "1 s", outcome };
      const colour = /background:(#[0-9a-f]{6})/.exec(html(ended))?.[1] ?? "";
      for (const page of ["#ffffff", "#111111"]) {
        expect(contrast(colour, page)).toBeGreaterThanOrEqual(3);
      }
    },
  );
});

/** The WCAG contrast ratio of two colours. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
