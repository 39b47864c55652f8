import { ServerHarness } from "./support/serverHarness";

const ERROR = { ename: "TypeError", evalue: "no", traceback: ["TypeError: no"] };

let kernel: ServerHarness;
beforeEach(() => {
  kernel = new ServerHarness();
});

describe("KernelServer", () => {
  it("sends a cell's messages in the order of the protocol", async () => {
    const id = kernel.execute("1 + 1");
    await kernel.backend.running();
    kernel.backend.onOutput({ type: "stream", name: "stdout", text: "a" });
    kernel.backend.onOutput({ type: "stream", name: "stdout", text: "b" });
    kernel.backend.onOutput({ type: "stream", name: "stderr", text: "c" });
    kernel.backend.onOutput({ type: "display", bundle: {}, id: "p", update: true });
    kernel.backend.onOutput({ type: "clear", wait: true });
    kernel.backend.onOutput({ type: "result", bundle: { "text/plain": "2" } });
    kernel.backend.finish();
    await kernel.idle(id);
    expect(kernel.story(id)).toEqual([
      "iopub status busy",
      "iopub execute_input",
      "iopub stream ab",
      "iopub stream c",
      "iopub update_display_data",
      "iopub clear_output",
      "iopub execute_result",
      "shell execute_reply ok",
      "iopub status idle",
    ]);
    expect((await kernel.reply("execute_reply", id)).content).toEqual({
      status: "ok",
      execution_count: 1,
      payload: [],
      user_expressions: {},
    });
    expect((await kernel.reply("execute_result", id)).content["execution_count"]).toBe(1);
  });

  it("aborts the cells that were queued after a failed one, once, and runs later ones", async () => {
    const failing = kernel.execute("throw 1");
    const queued = [kernel.execute("2"), kernel.execute("3")];
    const info = kernel.request("kernel_info_request", {});
    await kernel.backend.running();
    kernel.backend.finish({ error: ERROR });
    const reply = await kernel.reply("execute_reply", failing);
    expect(reply.content).toMatchObject({ status: "error", ...ERROR, execution_count: 1 });
    const later = kernel.execute("4");
    await kernel.backend.running();
    kernel.backend.finish();
    await kernel.idle(later);
    for (const id of queued) {
      expect(kernel.story(id)).toEqual([
        "iopub status busy",
        "shell execute_reply aborted",
        "iopub status idle",
      ]);
    }
    expect(kernel.story(info)).toContain("shell kernel_info_reply ok");
    expect(kernel.story(failing)).toContain("iopub error");
    expect((await kernel.reply("execute_reply", later)).content).toMatchObject({
      status: "ok",
      execution_count: 2,
    });
  });

  it("runs every cell if errors are allowed", async () => {
    const failing = kernel.execute("throw 1", { stop_on_error: false });
    const queued = kernel.execute("2");
    await kernel.backend.running();
    kernel.backend.finish({ error: ERROR });
    await kernel.backend.running();
    kernel.backend.finish();
    await kernel.idle(queued);
    expect(kernel.story(failing)).toContain("shell execute_reply error");
    expect(kernel.story(queued)).toContain("shell execute_reply ok");
  });

  it("attributes output after a silent cell to the cell before it", async () => {
    const loud = kernel.execute("setInterval(…)");
    await kernel.backend.running();
    kernel.backend.finish();
    await kernel.idle(loud);
    const silent = kernel.execute("1", { silent: true });
    await kernel.backend.running();
    kernel.backend.onOutput({ type: "stream", name: "stdout", text: "unheard" });
    kernel.backend.finish();
    await kernel.idle(silent);
    kernel.backend.onOutput({
      type: "display",
      bundle: { "text/plain": "later" },
      id: null,
      update: false,
    });
    expect(kernel.story(loud).at(-1)).toBe("iopub display_data");
    expect(kernel.story(silent)).not.toContain("iopub stream unheard");
  });

  it("keeps a silent cell silent: no output, no count, no history", async () => {
    const id = kernel.execute("1", { silent: true });
    await kernel.backend.running();
    kernel.backend.onOutput({ type: "stream", name: "stdout", text: "x" });
    kernel.backend.finish({ error: ERROR });
    await kernel.idle(id);
    expect(kernel.story(id)).toEqual([
      "iopub status busy",
      "shell execute_reply error",
      "iopub status idle",
    ]);
    expect((await kernel.reply("execute_reply", id)).content["execution_count"]).toBe(0);
    expect(kernel.backend.calls[0]).toMatchObject(["execute", { silent: true }]);
  });

  // JupyterLab interrupts on the control channel, VS Code on the shell channel.
  it.each(["control", "shell"] as const)(
    "stops a cell from the %s channel while a cell runs",
    async (channel) => {
      const running = kernel.execute("for (;;);");
      await kernel.backend.running();
      const stop = kernel.request("interrupt_request", {}, channel);
      await kernel.idle(stop);
      expect(kernel.story(stop)).toContain(`${channel} interrupt_reply ok`);
      expect(kernel.backend.calls).toContainEqual(["interrupt"]);
      expect(kernel.story(running)).not.toContain("shell execute_reply ok");
    },
  );

  it("shuts down from the shell channel while a cell runs, as clients of protocol 5.0 ask", async () => {
    kernel.execute("for (;;);");
    await kernel.backend.running();
    const bye = kernel.request("shutdown_request", { restart: false });
    await kernel.idle(bye);
    expect(kernel.shutdowns).toBe(1);
  });

  it("asks the frontend that ran the cell for input, and passes on its answer", async () => {
    const id = kernel.execute("await input('Name?')");
    await kernel.backend.running();
    kernel.backend.onOutput({ type: "inputRequest", prompt: "Name?", password: true });
    const asked = await kernel.reply("input_request", id);
    expect(asked.identities.map(String)).toEqual(["frontend"]);
    expect(asked.content).toEqual({ prompt: "Name?", password: true });
    kernel.request("input_reply", { value: "Ada" }, "stdin");
    expect(kernel.backend.calls.at(-1)).toEqual(["input", "Ada"]);
  });

  it("passes a comm's message to the session in order, and attributes its output to the message", async () => {
    const cell = kernel.execute("1");
    const id = kernel.request("comm_open", { comm_id: "c1", target_name: "t" });
    kernel.backend.onComm = ({ commId }) => {
      kernel.backend.onOutput({ type: "stream", name: "stdout", text: commId });
      return Promise.resolve({ errors: [ERROR] });
    };
    await kernel.backend.running();
    expect(kernel.backend.calls.map(([name]) => name)).toEqual(["execute"]);
    kernel.backend.finish();
    await kernel.idle(id);
    expect(kernel.story(cell)).not.toContain("iopub stream c1");
    expect(kernel.story(id)).toEqual([
      "iopub status busy",
      "iopub stream c1",
      "iopub error",
      "iopub status idle",
    ]);
    const info = kernel.request("comm_info_request", { target_name: "t" });
    expect((await kernel.reply("comm_info_reply", info)).content).toEqual({
      status: "ok",
      comms: { c1: { target_name: "t" } },
    });
    // A malformed message is ignored.
    const bad = kernel.request("comm_msg", { comm_id: 7 });
    await kernel.idle(bad);
    kernel.backend.onEnd();
    expect(kernel.sent.at(-1)?.message.content).toEqual({ comm_id: "c1", data: {} });
  });

  it("counts the cursor in code points, as Jupyter does", async () => {
    const id = kernel.request("complete_request", { code: "'🫁'; a", cursor_pos: 6 });
    const { content } = await kernel.reply("complete_reply", id);
    expect(kernel.backend.calls[0]).toEqual(["complete", "'🫁'; a", 7]);
    expect(content).toMatchObject({ matches: ["abs"], cursor_start: 5, cursor_end: 6 });
  });

  it("answers a malformed request with an error, an unknown one with busy and idle", async () => {
    const bad = kernel.request("execute_request", { code: 7 });
    expect((await kernel.reply("execute_reply", bad)).content).toMatchObject({
      status: "error",
      ename: "ProtocolError",
      evalue: expect.stringContaining("execute_request.code") as unknown,
    });
    const unknown = kernel.request("telepathy_request", {});
    await kernel.idle(unknown);
    expect(kernel.story(unknown)).toEqual(["iopub status busy", "iopub status idle"]);
  });

  it("sends the shutdown reply before it exits", async () => {
    const id = kernel.request("shutdown_request", { restart: true }, "control");
    await kernel.idle(id);
    expect(kernel.story(id)).toEqual([
      "iopub status busy",
      "control shutdown_reply ok",
      "iopub shutdown_reply ok",
      "iopub status idle",
    ]);
    expect(kernel.shutdowns).toBe(1);
  });
});
