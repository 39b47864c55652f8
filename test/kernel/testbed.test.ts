import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../src/kernel/protocol/wire";
import { LiveKernel } from "./support/liveKernel";
import type { LiveRun } from "./support/liveKernel";

// The 26 behaviours scored by the public matrix at github.com/runtimed/kernel-testbed, with its names and in
// its order, one test each: `npx jest test/kernel/testbed` prints the score. The original is a Rust program that
// is in no registry, so these tests are our own. They are stricter: where it only requires a reply, they check
// the reply's content, and that the parent header is the request's.

const folder = mkdtempSync(join(tmpdir(), "testbed-"));
let kernel: LiveKernel;

beforeAll(async () => {
  kernel = await LiveKernel.start(folder);
});

afterAll(() => {
  kernel.stop();
  rmSync(folder, { recursive: true });
});

const of = ({ published }: LiveRun, type: string): readonly Message[] =>
  published.filter(({ header }) => header.msg_type === type);

const streamed = (run: LiveRun, name: string): string =>
  of(run, "stream")
    .filter(({ content }) => content["name"] === name)
    .map(({ content }) => content["text"])
    .join("");

describe("tier 1, basic protocol", () => {
  it("heartbeat_responds", async () => {
    expect(await kernel.beat("are you there?")).toBe("are you there?");
  });

  it("kernel_info_reply_valid", async () => {
    const { reply } = await kernel.request("kernel_info_request", {});
    expect(reply.header.msg_type).toBe("kernel_info_reply");
    expect(reply.content).toMatchObject({
      status: "ok",
      implementation: "layerbook",
      implementation_version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
      banner: expect.stringMatching(/./) as unknown,
    });
  });

  it("kernel_info_has_language_info", async () => {
    const { reply } = await kernel.request("kernel_info_request", {});
    expect(reply.content["language_info"]).toMatchObject({
      name: "typescript",
      file_extension: ".ts",
      version: expect.stringMatching(/^\d+\.\d+/) as unknown,
      mimetype: expect.stringMatching(/typescript/) as unknown,
    });
  });

  it("kernel_info_has_protocol_version", async () => {
    const { reply } = await kernel.request("kernel_info_request", {});
    expect(reply.content["protocol_version"]).toMatch(/^5\.\d+$/);
  });

  it("execute_stdout", async () => {
    expect(streamed(await kernel.run('console.log("hello")'), "stdout")).toBe("hello\n");
  });

  it("execute_stderr", async () => {
    expect(streamed(await kernel.run('console.error("error")'), "stderr")).toBe("error\n");
  });

  it("execute_reply_ok", async () => {
    const { reply } = await kernel.run("const answer = 42;");
    expect(reply.header.msg_type).toBe("execute_reply");
    expect(reply.content).toMatchObject({ status: "ok", payload: [], user_expressions: {} });
  });

  it("status_busy_idle_lifecycle", async () => {
    const { published } = await kernel.run("1");
    expect(published[0]?.content).toEqual({ execution_state: "busy" });
    expect(published.at(-1)?.content).toEqual({ execution_state: "idle" });
  });

  it("execute_input_broadcast", async () => {
    const run = await kernel.run("1 + 1");
    expect(of(run, "execute_input").map(({ content }) => content)).toEqual([
      { code: "1 + 1", execution_count: run.reply.content["execution_count"] },
    ]);
  });
});

describe("tier 2, interactive features", () => {
  beforeAll(() => kernel.run("const testValue = { heads: 4 };"));

  it("complete_request", async () => {
    const { reply } = await kernel.request("complete_request", { code: "testV", cursor_pos: 5 });
    expect(reply.content).toMatchObject({
      ...{ status: "ok", matches: ["testValue"], cursor_start: 0, cursor_end: 5 },
    });
  });

  it("inspect_request", async () => {
    const { reply } = await kernel.request("inspect_request", {
      ...{ code: "testValue", cursor_pos: 9, detail_level: 0 },
    });
    expect(reply.content).toMatchObject({ status: "ok", found: true });
    const { "text/plain": text } = reply.content["data"] as Record<string, string>;
    expect(text).toContain("heads: number");
  });

  it("is_complete_complete", async () => {
    const { reply } = await kernel.request("is_complete_request", { code: "const x = 1;" });
    expect(reply.content).toEqual({ status: "complete" });
  });

  it("is_complete_incomplete", async () => {
    const { reply } = await kernel.request("is_complete_request", { code: "function f() {" });
    expect(reply.content).toMatchObject({ status: "incomplete" });
  });

  it("history_request", async () => {
    await kernel.run("'remember me'");
    const { reply } = await kernel.request("history_request", {
      ...{ hist_access_type: "tail", n: 10, output: false, raw: true },
    });
    const { status, history } = reply.content as {
      readonly status: string;
      readonly history: [number, number, string][];
    };
    expect(status).toBe("ok");
    expect(history.map(([, , code]) => code)).toContain("'remember me'");
  });

  it("comm_info_request", async () => {
    const { reply } = await kernel.request("comm_info_request", {});
    expect(reply.content).toEqual({ status: "ok", comms: {} });
  });

  it("error_handling", async () => {
    const run = await kernel.run("const = ;");
    expect(run.reply.content["status"]).toBe("error");
    expect(of(run, "error")[0]?.content).toMatchObject({
      ename: run.reply.content["ename"],
      evalue: run.reply.content["evalue"],
    });
  });
});

describe("tier 3, rich output", () => {
  it("display_data", async () => {
    const run = await kernel.run(
      `display({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>bold</b>" }) });`,
    );
    expect(of(run, "display_data")[0]?.content["data"]).toMatchObject({
      "text/html": "<b>bold</b>",
    });
  });

  it("update_display_data", async () => {
    const run = await kernel.run('display("one", { id: "d" }); display("two", { id: "d" });');
    const [first] = of(run, "display_data");
    const [second] = of(run, "update_display_data");
    expect(first?.content["transient"]).toEqual({ display_id: "d" });
    expect(second?.content["transient"]).toEqual({ display_id: "d" });
    expect(second?.content["data"]).toMatchObject({ "text/plain": "two" });
  });

  it("execute_result", async () => {
    const run = await kernel.run("6 * 7");
    expect(of(run, "execute_result")[0]?.content).toMatchObject({
      data: { "text/plain": "42" },
      execution_count: run.reply.content["execution_count"],
    });
  });

  it("rich_execute_result", async () => {
    const run = await kernel.run(
      `({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>x</b>", "text/plain": "x" }) })`,
    );
    expect(of(run, "execute_result")[0]?.content["data"]).toEqual({
      ...{ "text/html": "<b>x</b>", "text/plain": "x" },
    });
  });
});

describe("tier 4, advanced features", () => {
  it("stdin_input_request", async () => {
    const id = await kernel.post("execute_request", {
      ...{ code: 'console.log(await input("Name?"))', allow_stdin: true },
    });
    const asked = await kernel.answerInput("test_input_42");
    expect(asked.header.msg_type).toBe("input_request");
    expect(asked.parentHeader?.msg_id).toBe(id);
    expect(asked.content).toEqual({ prompt: "Name?", password: false });
    const published = await kernel.published(id);
    const reply = await kernel.reply();
    expect(reply.content["status"]).toBe("ok");
    expect(streamed({ published, reply }, "stdout")).toBe("test_input_42\n");
  });

  it("comms_lifecycle", async () => {
    // The target is not registered, so the kernel closes the comm at once.
    const opened = await kernel.tell("comm_open", {
      ...{ comm_id: "stray", target_name: "nobody.registered.this", data: {} },
    });
    expect(opened.map(({ header }) => header.msg_type)).toContain("comm_close");
    await kernel.run('registerCommTarget("echo", (c) => c.on("message", (m) => c.send(m.data)));');
    await kernel.tell("comm_open", { comm_id: "c", target_name: "echo", data: {} });
    const echoed = await kernel.tell("comm_msg", { comm_id: "c", data: { n: 1 } });
    const [said] = echoed.filter(({ header }) => header.msg_type === "comm_msg");
    expect(said?.content).toEqual({ comm_id: "c", data: { n: 1 } });
    await kernel.tell("comm_close", { comm_id: "c", data: {} });
    const { reply } = await kernel.request("comm_info_request", {});
    expect(reply.content["comms"]).toEqual({});
  });

  it("interrupt_request", async () => {
    const id = await kernel.post("execute_request", { code: "console.log('on'); for (;;);" });
    await kernel.until("stream", ({ parentHeader }) => parentHeader?.msg_id === id);
    await kernel.post("interrupt_request", {}, [], "control");
    expect((await kernel.reply("control")).content).toEqual({ status: "ok" });
    await kernel.published(id);
    expect((await kernel.reply()).content).toMatchObject({
      ...{ status: "error", ename: "CellInterrupted" },
    });
  });

  it("execution_count_increments", async () => {
    const first = await kernel.run("1");
    const second = await kernel.run("1");
    expect(second.reply.content["execution_count"]).toBe(
      Number(first.reply.content["execution_count"]) + 1,
    );
  });

  it("parent_header_correlation", async () => {
    const id = await kernel.post("execute_request", { code: 'console.log("hello"); 1' });
    const reply = await kernel.reply();
    await kernel.published(id);
    expect(reply.parentHeader?.msg_id).toBe(id);
    // Between busy and idle nothing is published for another message, or for none.
    const from = kernel.seen.findIndex(({ parentHeader }) => parentHeader?.msg_id === id);
    const between = kernel.seen.slice(from);
    expect(between.map(({ header }) => header.msg_type)).toEqual([
      ...["status", "execute_input", "stream", "execute_result", "status"],
    ]);
    expect(between.every(({ parentHeader }) => parentHeader?.msg_id === id)).toBe(true);
  });
});

describe("tier 1, at the end", () => {
  it("shutdown_reply", async () => {
    const gone = new Promise((resolve) => kernel.process.once("exit", resolve));
    await kernel.post("shutdown_request", { restart: false }, [], "control");
    expect((await kernel.reply("control")).content).toEqual({ status: "ok", restart: false });
    expect(await gone).toBe(0);
  });
});
