import { MessageChannel, Worker } from "node:worker_threads";
import { setDisplayHost } from "../../display";
import { nobodyToAsk } from "../../display/input";
import { historyFile, notebookName } from "../historyFile";
import { NotebookSession } from "./NotebookSession";
import { SessionComms } from "../comms/SessionComms";
import type { Answer, CellError, CommFrame, Command } from "./channel";
import type { PrepareMessage, ReaderData, ReaderMessage } from "./commandReader";
import { BREAKING, FLAG, IDLE, PREPARING, RUNNING, createFlags } from "./flags";
import { HeapLimit } from "./heapLimit";
import { CellInterrupted } from "./interruption";
import { send, sendOutput } from "./outbox";
import { replaceStreams } from "./standardStreams";
import { resetTfjsEngine, watchTfjsEngine } from "./tfjsRecovery";
import { UserInput } from "./userInput";

declare global {
  /** Asks the user for a line and waits; `initial` where nothing is typed. */
  function prompt(message?: string, initial?: string): string | null;
}

/** How the kernel starts a session. */
export interface SessionMainOptions {
  readonly cwd: string;
  readonly packageRoot: string;
  readonly strict: boolean;
  /** This script: no traceback shows it. */
  readonly script: string;
  /** The script of the thread that reads commands; see `readCommands`. */
  readonly commandReader: string;
}

/** A cell that calls `process.exit` means to end itself, not the notebook. */
class ProcessExit extends Error {
  constructor(code: number | string | null | undefined) {
    super(
      `process.exit(${code ?? ""}) was called. The session continues with its variables; to end it, use the notebook's menu.`,
    );
    this.name = "ProcessExit";
  }
}

/** How long after an answer garbage is looked at. */
const COLLECT_MS = 10;

/** How long JavaScript must run for a termination on its way to have hit it. */
const ABSORB_MS = 200;

/**
 * Ends the cell's turn. Where a termination is on its way, it is let hit a loop that does nothing:
 * else it would hit the next cell, or the kernel itself.
 */
async function endRun(flags: Int32Array, wasCut: boolean): Promise<void> {
  const before = Atomics.compareExchange(flags, FLAG.running, RUNNING, PREPARING);
  if (before !== BREAKING) return;
  if (!wasCut) await absorbTermination();
  Atomics.store(flags, FLAG.running, PREPARING);
  resetTfjsEngine();
}

async function absorbTermination(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 2 * ABSORB_MS);
    setImmediate(() => {
      const end = performance.now() + ABSORB_MS;
      while (performance.now() < end);
    });
  });
}

/** Runs a session until its commands end. */
export function runSession(options: SessionMainOptions): void {
  const { cwd, packageRoot, strict, script, commandReader } = options;
  const flags = createFlags();
  const { port1: answers, port2: forReader } = new MessageChannel();
  const workerData: ReaderData = { flags, answers: forReader };
  const reader = new Worker(commandReader, { workerData, transferList: [forReader] });
  const userInput = new UserInput({
    flags,
    answers,
    request: (prompt, password) => sendOutput({ type: "inputRequest", prompt, password }),
  });
  const streams = replaceStreams(() => {
    const answer = userInput.ask("", false);
    if (answer === null) session.failCell(nobodyToAsk("process.stdin"));
    return answer;
  });
  let preparing: (() => void) | null = null;
  const session = new NotebookSession({
    cwd,
    packageRoot,
    strict,
    notebook: notebookName(),
    history: historyFile(),
    script,
    emit: sendOutput,
    beginRun: () => {
      watchTfjsEngine();
      Atomics.store(flags, FLAG.running, RUNNING);
    },
    endRun: (wasCut) => endRun(flags, wasCut),
    prepare: (script) => {
      if (Atomics.load(flags, FLAG.debugging) === 0) return null;
      const message: PrepareMessage = { type: "prepare", script };
      return new Promise((resolve) => {
        preparing = resolve;
        reader.postMessage(message);
      });
    },
    isStopRequested: () => Atomics.load(flags, FLAG.requested) === 1,
    uninterrupted: (work) => {
      Atomics.add(flags, FLAG.sections, 1);
      try {
        work();
        watchTfjsEngine();
      } finally {
        Atomics.sub(flags, FLAG.sections, 1);
      }
    },
  });
  const comms = new SessionComms((frame) => sendOutput({ type: "comm", frame }));
  /** Cells, and messages with handlers, that were begun. */
  let turn = 0;
  let cell: number | null = 0;
  let cells = 0;
  let notice: string | null = null;

  setDisplayHost({
    publish: (bundle, { id = null, update }) => sendOutput({ type: "display", bundle, id, update }),
    clearOutput: (wait) => sendOutput({ type: "clear", wait }),
    input: (prompt, password) => userInput.ask(prompt, password),
    get cell() {
      return cell;
    },
    comms: comms.host,
    interruptFlag: flags,
  });
  globalThis.prompt = (message = "", initial = "") => {
    if (!userInput.isAllowed) throw nobodyToAsk("prompt");
    const answer = userInput.askAndWait(message);
    if (answer === null) throw new CellInterrupted();
    return answer === "" ? initial : answer;
  };
  process.exit = (code) => {
    throw new ProcessExit(code);
  };
  const report = (kind: string, error: unknown): void => {
    const { traceback } = session.describe(error) satisfies CellError;
    process.stderr.write(`${kind}: ${traceback.join("\n")}\n`);
  };
  process.on("uncaughtException", (error) => report("Uncaught", error));
  process.on("unhandledRejection", (reason) => report("Unhandled rejection", reason));
  // Jupyter interrupts by a message; a terminal's Ctrl-C reaches the whole group.
  process.on("SIGINT", () => undefined);

  /** Runs what may be stopped: a cell, or the handlers of a message. */
  async function takeTurn(allowStdin: boolean, work: () => Promise<Answer>): Promise<Answer> {
    turn++;
    userInput.beginCell(allowStdin);
    if (notice !== null) process.stderr.write(notice);
    notice = null;
    Atomics.store(flags, FLAG.requested, 0);
    Atomics.store(flags, FLAG.sections, 0);
    Atomics.store(flags, FLAG.cell, turn);
    Atomics.store(flags, FLAG.running, PREPARING);
    // In this order: a stop that comes now either is seen here or raises the flag itself.
    if (turn <= Atomics.load(flags, FLAG.stopped)) Atomics.store(flags, FLAG.requested, 1);
    try {
      return await work();
    } finally {
      Atomics.store(flags, FLAG.running, IDLE);
      Atomics.store(flags, FLAG.requested, 0);
      userInput.endCell();
      streams.endCell();
    }
  }

  function execute(command: Extract<Command, { readonly type: "execute" }>): Promise<Answer> {
    cell = ++cells;
    return takeTurn(command.allowStdin, () => session.execute(command));
  }

  /** Calls the handlers of a comm's message, each whatever became of those before it. */
  async function handleComm(frame: CommFrame): Promise<Answer> {
    const tasks = comms.tasks(frame);
    cell = null;
    try {
      return await takeTurn(false, async () => {
        const errors: CellError[] = [];
        for (const task of tasks) {
          const error = await session.runTask(task);
          if (error !== null) errors.push(error);
        }
        return { type: "handled", errors };
      });
    } finally {
      cell = cells;
    }
  }

  async function handle(message: ReaderMessage): Promise<void> {
    switch (message.type) {
      case "execute":
        return send({ type: "answer", id: message.id, answer: await execute(message) });
      case "comm":
        return send({ type: "answer", id: message.id, answer: await handleComm(message.frame) });
      case "complete": {
        const found = session.complete(message.code, message.cursor);
        return send({ type: "answer", id: message.id, answer: { type: "completed", ...found } });
      }
      case "inspect": {
        const bundle = session.inspect(message.code, message.cursor);
        return send({ type: "answer", id: message.id, answer: { type: "inspected", bundle } });
      }
      case "isComplete": {
        const judged = session.isComplete(message.code);
        return send({ type: "answer", id: message.id, answer: { type: "judged", ...judged } });
      }
      case "interrupt":
      case "terminated":
        // A cell that has ended meanwhile is not the next one's business.
        if (message.cell !== turn) return;
        Atomics.add(flags, FLAG.seen, 1);
        return session.interrupt();
      case "prepared":
        return preparing?.();
      case "close":
        // TensorFlow's own ending may abort and leave a core dump; there is nothing left to save.
        process.emit("exit", 0);
        process.kill(process.pid, "SIGKILL");
    }
  }

  reader.on("message", (message: ReaderMessage) => {
    const handled = handle(message).catch((error: unknown) => {
      report("The kernel's own error", error);
      if ("id" in message) {
        const error = session.describe(new Error("the kernel failed; see the cell's output"));
        send({
          type: "answer",
          id: message.id,
          answer: { type: "executed", error, userExpressions: {}, payload: [] },
        });
      }
    });
    // Once the answer is on its way. Not by `setImmediate`: with it, stops of the next cell were lost,
    // probably because V8 breaks into a turn that both share. With a timer none was.
    void handled.then(() => setTimeout(() => heap.check(), COLLECT_MS).unref());
  });
  const heap = new HeapLimit();
  session.provideToolkit();
  notice = session.notice;
  send({ type: "ready" });
}
