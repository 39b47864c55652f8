import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../src/kernel/protocol/wire";
import { LiveKernel } from "./support/liveKernel";

const folder = mkdtempSync(join(tmpdir(), "comms-"));
let kernel: LiveKernel;

beforeAll(async () => {
  kernel = await LiveKernel.start(folder);
});

afterAll(() => {
  kernel.stop();
  rmSync(folder, { recursive: true });
});

const of = (messages: readonly Message[], type: string): readonly Message[] =>
  messages.filter(({ header }) => header.msg_type === type);

const text = (messages: readonly Message[]): string =>
  of(messages, "stream")
    .map(({ content }) => content["text"])
    .join("");

/** The contents of a comm's messages, apart from its id. */
const data = (messages: readonly Message[]): unknown[] =>
  of(messages, "comm_msg").map(({ content }) => content["data"]);

async function openIds(target?: string): Promise<string[]> {
  const content = target === undefined ? {} : { target_name: target };
  const { reply } = await kernel.request("comm_info_request", content);
  return Object.keys(reply.content["comms"] as object);
}

/** Creates a widget; returns its id and what was published. */
async function makeWidget(code: string): Promise<[string, readonly Message[]]> {
  const { published, reply } = await kernel.run(code);
  expect(reply.content).toMatchObject({ status: "ok" });
  const [opened] = of(published, "comm_open");
  return [String(opened?.content["comm_id"]), published];
}

describe("comms", () => {
  it("reach a target that a cell has registered, buffers and metadata too, and back", async () => {
    await kernel.run(
      `registerCommTarget("echo", (comm, { data }) => {
         console.log("opened with", data.hello);
         comm.on("message", ({ data, buffers, metadata }) => comm.send(data, { buffers, metadata }));
         comm.on("close", ({ data }) => console.log("closed with", data.bye));
       });`,
    );
    const opened = await kernel.tell("comm_open", {
      ...{ comm_id: "c1", target_name: "echo", data: { hello: "you" } },
    });
    expect(text(opened)).toBe("opened with you\n");
    expect(await openIds("echo")).toEqual(["c1"]);
    expect(await openIds("other")).toEqual([]);
    // An open comm stays what it is.
    const again = { comm_id: "c1", target_name: "unknown", data: {} };
    expect(of(await kernel.tell("comm_open", again), "comm_close")).toEqual([]);
    expect(await openIds("echo")).toEqual(["c1"]);
    const sent = Buffer.from([0, 255, 10, 13]);
    const echoed = await kernel.tell("comm_msg", { comm_id: "c1", data: { x: [1] } }, [sent]);
    expect(echoed.map(({ header, content }) => [header.msg_type, content])).toEqual([
      ["status", { execution_state: "busy" }],
      ["comm_msg", { comm_id: "c1", data: { x: [1] } }],
      ["status", { execution_state: "idle" }],
    ]);
    expect(echoed[1]?.buffers).toEqual([sent]);
    const closed = await kernel.tell("comm_close", { comm_id: "c1", data: { bye: 1 } });
    expect(text(closed)).toBe("closed with 1\n");
    expect(await openIds()).toEqual([]);
    // The comm is closed by now.
    expect(data(await kernel.tell("comm_msg", { comm_id: "c1", data: {} }))).toEqual([]);
  });

  it("are closed at once if the target is not registered", async () => {
    const messages = await kernel.tell("comm_open", { comm_id: "c2", target_name: "nobody" });
    expect(of(messages, "comm_close").map(({ content }) => content)).toEqual([
      { comm_id: "c2", data: {} },
    ]);
    expect(await openIds()).toEqual([]);
  });

  it("open from a cell, and close from it", async () => {
    const { published } = await kernel.run(
      `const mine = openComm("theirs", { a: 1 }, { metadata: { m: 2 }, buffers: [new Uint8Array([7])] });
       mine.send({ b: 2 }); listComms().length`,
    );
    const [opened] = of(published, "comm_open");
    expect(opened?.content).toMatchObject({ target_name: "theirs", data: { a: 1 } });
    expect(opened?.metadata).toEqual({ m: 2 });
    expect(opened?.buffers).toEqual([Buffer.from([7])]);
    expect(data(published)).toEqual([{ b: 2 }]);
    const closing = await kernel.run(
      "mine.close({ c: 3 }); mine.close(); mine.send({}); mine.isOpen",
    );
    expect(of(closing.published, "comm_close").map(({ content }) => content["data"])).toEqual([
      { c: 3 },
    ]);
    expect(data(closing.published)).toEqual([]);
  });

  it("show a handler's error at its line, call the other handlers, and continue", async () => {
    const [id] = await makeWidget(
      `const failing = widget({ esm: "export default {}", state: { x: 0 } });
       failing.on("change", () => {
         throw new Error("no such slice");
       });
       failing.on("change:x", async ({ value }) => { await null; console.log("x is", value); });`,
    );
    const update = { method: "update", state: { x: 4 }, buffer_paths: [] };
    const messages = await kernel.tell("comm_msg", { comm_id: id, data: update });
    expect(text(messages)).toBe("x is 4\n");
    const [error] = of(messages, "error");
    expect(error?.content).toMatchObject({ ename: "Error", evalue: "no such slice" });
    expect(String(error?.content["traceback"])).toMatch(/Cell \[\d+\]:3:16/);
    expect(await kernel.value("failing.get('x')")).toBe("4");
  });

  it("wait until a running cell has ended, and a stop ends a handler in a loop", async () => {
    const [id] = await makeWidget(
      `const patient = widget({ esm: "export default {}", state: { x: 0 } });
       patient.on("change:x", ({ value }) => { if (value === 2) for (;;); });`,
    );
    const cell = await kernel.post("execute_request", {
      code: "await new Promise((done) => setTimeout(done, 300)); console.log(patient.get('x'))",
    });
    const update = (x: number): Record<string, unknown> => ({
      comm_id: id,
      data: { method: "update", state: { x }, buffer_paths: [] },
    });
    const early = await kernel.post("comm_msg", update(1));
    expect(text(await kernel.published(cell))).toBe("0\n");
    await kernel.published(early);
    await kernel.reply();
    const stuck = await kernel.post("comm_msg", update(2));
    await kernel.until("status", ({ parentHeader }) => parentHeader?.msg_id === stuck);
    await kernel.post("interrupt_request", {}, [], "control");
    const said = await kernel.published(stuck);
    expect(of(said, "error")[0]?.content).toMatchObject({ ename: "CellInterrupted" });
  });
});

describe("widgets", () => {
  const MAKE = `const w = widget({
    esm: "export default { render() {} }",
    css: "p { color: red }",
    state: { value: 3, mask: new Uint8Array([1, 2]), list: [{ bytes: new Uint8Array([9]) }], scale: new Float32Array([0.5]) },
  });
  w.on("change:value", ({ value, previous, source }) => {
    console.log(value, previous, source);
    if (value > 10) w.set("value", 10);
  });
  w.on("message", (content, buffers) => w.send({ got: content }, buffers));
  w`;
  let id = "";

  it("open a comm as the jupyter-widgets protocol specifies", async () => {
    const [made, published] = await makeWidget(MAKE);
    id = made;
    const [opened] = of(published, "comm_open");
    expect(opened?.metadata).toEqual({ version: "2.1.0" });
    expect(opened?.content).toMatchObject({
      target_name: "jupyter.widget",
      data: {
        state: {
          _model_module: "anywidget",
          _model_name: "AnyModel",
          _model_module_version: "~0.11.*",
          _view_module: "anywidget",
          _view_name: "AnyView",
          _esm: "export default { render() {} }",
          _css: "p { color: red }",
          value: 3,
          list: [{}],
        },
        buffer_paths: [["mask"], ["list", 0, "bytes"], ["scale"]],
      },
    });
    expect(opened?.buffers.slice(0, 2)).toEqual([Buffer.from([1, 2]), Buffer.from([9])]);
    const [shown] = of(published, "execute_result");
    const bundle = shown?.content["data"] as Record<string, unknown>;
    expect(Object.keys(bundle).sort()).toEqual([
      "application/vnd.jupyter.widget-view+json",
      "image/svg+xml",
      "text/html",
      "text/plain",
    ]);
    expect(bundle["application/vnd.jupyter.widget-view+json"]).toEqual({
      ...{ version_major: 2, version_minor: 0, model_id: id },
    });
    // The frontend can draw it only after it has received the model.
    expect(published.findIndex(({ header }) => header.msg_type === "comm_open")).toBeLessThan(
      published.findIndex(({ header }) => header.msg_type === "execute_result"),
    );
    expect(await openIds("jupyter.widget")).toContain(id);
  });

  it("take an update, echo it to every page, and send what a handler changes", async () => {
    const content = {
      comm_id: id,
      data: { method: "update", state: { value: 42, _view_count: 1 }, buffer_paths: [] },
    };
    const messages = await kernel.tell("comm_msg", content);
    expect(data(messages)).toEqual([
      { method: "echo_update", state: { value: 42, _view_count: 1 }, buffer_paths: [] },
      { method: "update", state: { value: 10 }, buffer_paths: [] },
    ]);
    expect(text(messages)).toBe("42 3 frontend\n10 42 kernel\n");
  });

  it("receive bytes as the type of array that the cell set", async () => {
    const content = {
      comm_id: id,
      data: { method: "update", state: {}, buffer_paths: [["mask"], ["scale"]] },
    };
    const scale = Buffer.from(new Float32Array([2, 3]).buffer);
    const [, echo] = await kernel.tell("comm_msg", content, [Buffer.from([5, 6, 7]), scale]);
    expect(echo?.content["data"]).toMatchObject({ buffer_paths: [["mask"], ["scale"]] });
    expect(echo?.buffers).toEqual([Buffer.from([5, 6, 7]), scale]);
    expect(await kernel.value("[...w.get('mask'), ...w.get('scale')].join()")).toBe("'5,6,7,2,3'");
  });

  it("send what a cell sets, once, and nothing that is unchanged", async () => {
    const { published } = await kernel.run(
      "w.set('value', 7); w.set({ value: 7, mask: new Uint8Array([5, 6, 7]) });",
    );
    expect(data(published)).toEqual([{ method: "update", state: { value: 7 }, buffer_paths: [] }]);
  });

  it("answer to request_state, to a page's own messages, and to a reloaded page", async () => {
    const asked = await kernel.tell("comm_msg", {
      comm_id: id,
      data: { method: "request_state" },
    });
    expect(data(asked)).toMatchObject([
      { method: "update", state: { value: 7, _view_count: null } },
    ]);
    const custom = await kernel.tell(
      "comm_msg",
      { comm_id: id, data: { method: "custom", content: { a: 1 } } },
      [Buffer.from([1])],
    );
    expect(data(custom)).toEqual([{ method: "custom", content: { got: { a: 1 } } }]);
    expect(of(custom, "comm_msg")[0]?.buffers).toEqual([Buffer.from([1])]);
    await kernel.tell("comm_open", { comm_id: "ctl", target_name: "jupyter.widget.control" });
    const states = await kernel.tell("comm_msg", {
      comm_id: "ctl",
      data: { method: "request_states" },
    });
    expect(data(states)).toMatchObject([
      {
        method: "update_states",
        states: {
          [id]: { model_name: "AnyModel", model_module: "anywidget", state: { value: 7 } },
        },
      },
    ]);
  });

  it("change an output of a cell from a handler", async () => {
    const [other] = await makeWidget(
      `const live = widget({ esm: "export default {}", state: { x: 0 } });
       live.on("change:x", ({ value }) => display("x = " + value, { id: "readout" }));
       display("x = 0", { id: "readout" });`,
    );
    const update = { method: "update", state: { x: 5 }, buffer_paths: [] };
    const messages = await kernel.tell("comm_msg", { comm_id: other, data: update });
    expect(of(messages, "update_display_data")[0]?.content).toMatchObject({
      data: { "text/plain": "x = 5" },
      transient: { display_id: "readout" },
    });
  });

  it("hold 10 MB of state, which the page gets and the notebook does not keep", async () => {
    const [large, published] = await makeWidget(
      `const large = widget({ esm: "export default {}", state: { pixels: new Uint8Array(10_000_000).fill(3), n: 1 } });
       large`,
    );
    const opened = of(published, "comm_open")[0]?.buffers[0];
    expect(opened?.byteLength).toBe(10_000_000);
    expect(opened?.[9_999_999]).toBe(3);
    const bundle = of(published, "execute_result")[0]?.content["data"] as Record<string, string>;
    expect(bundle["application/vnd.jupyter.widget-view+json"]).toMatchObject({ model_id: large });
    // A Jupyter server drops outputs beyond 3 MB.
    expect(JSON.stringify(bundle).length).toBeLessThan(20_000);
    expect(bundle["text/html"]).toContain("10 MB");
    expect(bundle["text/html"]).not.toContain("<script");
    // A page sends as much back.
    const echoed = await kernel.tell(
      "comm_msg",
      {
        comm_id: large,
        data: { method: "update", state: {}, buffer_paths: [["pixels"]] },
      },
      [Buffer.alloc(10_000_000, 4)],
    );
    expect(of(echoed, "comm_msg")[0]?.buffers[0]?.byteLength).toBe(10_000_000);
    expect(await kernel.value("large.get('pixels')[9_999_999]")).toBe("4");
  });

  it.each([
    ["NaN", "got NaN"],
    ["[1, Infinity]", "widget.state.x[1]"],
    ["new Date(0)", "got a Date"],
    ["3n", "got 3n, a bigint"],
    ["[1, , 3]", "widget.state.x[1]"],
    ["new Map()", "got a Map"],
    ["Symbol('s')", "got Symbol(s)"],
  ])("refuse %s in a state", async (value, message) => {
    const { reply } = await kernel.run(
      `widget({ esm: "export default {}", state: { x: ${value} } })`,
    );
    expect(reply.content).toMatchObject({ status: "error", ename: "ConfigError" });
    expect(String(reply.content["evalue"])).toContain(message);
  });

  it("of a cell that runs twice are independent, and each page reaches its own", async () => {
    const code = 'var again = widget({ esm: "export default {}", state: { x: 0 } }); again';
    const [first] = await makeWidget(code);
    const [second] = await makeWidget(code);
    expect(second).not.toBe(first);
    const update = { method: "update", state: { x: 8 }, buffer_paths: [] };
    const old = await kernel.tell("comm_msg", { comm_id: first, data: update });
    expect(data(old)).toMatchObject([{ method: "echo_update" }]);
    expect(await kernel.value("again.get('x')")).toBe("0");
    await kernel.tell("comm_msg", { comm_id: second, data: update });
    expect(await kernel.value("again.get('x')")).toBe("8");
  });

  it("ignore a message of a widget that was closed or never was", async () => {
    const [gone] = await makeWidget('const gone = widget({ esm: "export default {}" });');
    await kernel.run("gone.close()");
    for (const comm_id of [gone, "no-such-comm"]) {
      const said = await kernel.tell("comm_msg", { comm_id, data: { method: "request_state" } });
      expect(said.filter(({ header }) => header.msg_type !== "status")).toEqual([]);
    }
  });

  it("close from either side, and with the session", async () => {
    const closed = await kernel.run("w.close(); w.isOpen");
    expect(of(closed.published, "comm_close")[0]?.content["comm_id"]).toBe(id);
    expect(await kernel.value("w.get('value')")).toBe("7");
    const before = await openIds();
    expect(before.length).toBeGreaterThan(0);
    const crash = await kernel.run(
      "process.kill(process.pid, 'SIGKILL'); await new Promise(() => 0)",
    );
    expect(crash.reply.content["ename"]).toBe("SessionEnded");
    expect(of(kernel.seen, "comm_close").map(({ content }) => content["comm_id"])).toEqual(
      expect.arrayContaining(before),
    );
    expect(await openIds()).toEqual([]);
    const [last] = await makeWidget('widget({ esm: "export default {}" })');
    await kernel.post("shutdown_request", { restart: true }, [], "control");
    await kernel.until("comm_close", ({ content }) => content["comm_id"] === last);
    await kernel.until("shutdown_reply");
  });
});
