import { MessageChannel, Worker } from "node:worker_threads";
import { setDisplayHost } from "../../display";
import { nobodyToAsk } from "../../display/input";
import { historyFile, notebookName } from "../historyFile";
import { NotebookSession } from "./NotebookSession";
import { SessionComms } from "../comms/SessionComms";
import type { Answer, CellError, CommFrame, Command } from "./channel";
import type { PrepareMessage, ReaderData, ReaderMessage } from "./commandReader";
import { BreakIn } from "./breakIn";
import { FLAG, createFlags } from "./flags";
import { HeapLimit } from "./heapLimit";
import { CellInterrupted } from "./interruption";
import { forgetLostImmediates } from "./lostImmediates";
import { send, sendOutput } from "./outbox";
import { replaceStreams } from "./standardStreams";
import { resetTfjsEngine } from "./tfjsRecovery";
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

/** How long after code was broken into the immediates behind it are looked at. */
const FORGET_MS = 10;

/** Runs a session until its commands end. */
export function runSession(options: SessionMainOptions): void {
  const { cwd, packageRoot, strict, script, commandReader } = options;
  const flags = createFlags();
  // A stop is a message; the signal is for the cells' children, which are of one group with this.
  process.on("SIGINT", () => undefined);
  const breakIn = new BreakIn({
    script,
    isCurrent: (target) => target.turn === turn && target.seen === Atomics.load(flags, FLAG.seen),
    onBreak,
  });
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
    protect: (work) => breakIn.protect(work),
    prepare: (script) => {
      if (Atomics.load(flags, FLAG.debugging) === 0) return null;
      const message: PrepareMessage = { type: "prepare", script };
      return new Promise((resolve) => {
        preparing = resolve;
        reader.postMessage(message);
      });
    },
    isStopRequested: () => Atomics.load(flags, FLAG.requested) === 1,
  });
  const comms = new SessionComms((frame) => sendOutput({ type: "comm", frame }));
  /** Cells, and messages with handlers, that were begun. */
  let turn = 0;
  let isInTurn = false;
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
    // What waited beside the stopped cell; the cell itself has told of the stop.
    if (error instanceof CellInterrupted) return;
    const { traceback } = session.describe(error) satisfies CellError;
    process.stderr.write(`${kind}: ${traceback.join("\n")}\n`);
  };
  process.on("uncaughtException", (error) => report("Uncaught", error));
  process.on("unhandledRejection", (reason) => report("Unhandled rejection", reason));

  /** Code is about to be broken into: of the cell at hand, or a callback that an earlier one left. */
  function onBreak(error: CellInterrupted): void {
    const isLeftover = !isInTurn;
    if (!isLeftover) session.breakOff(error);
    setTimeout(forgetLostImmediates, FORGET_MS);
    // Then it has ended, and nothing else has begun.
    setImmediate(() => {
      resetTfjsEngine();
      Atomics.store(flags, FLAG.sections, 0);
      if (!isLeftover) return session.interrupt(error);
      const where = session.describe(error).traceback.slice(1);
      process.stderr.write(
        ["Stopped what an earlier cell had left running:", ...where, ""].join("\n"),
      );
    });
  }

  /** Runs what may be stopped: a cell, or the handlers of a message. */
  async function takeTurn(allowStdin: boolean, work: () => Promise<Answer>): Promise<Answer> {
    turn++;
    isInTurn = true;
    userInput.beginCell(allowStdin);
    if (notice !== null) process.stderr.write(notice);
    notice = null;
    Atomics.store(flags, FLAG.requested, 0);
    Atomics.store(flags, FLAG.turn, turn);
    Atomics.store(flags, FLAG.running, 1);
    // In this order: a stop that comes now either is seen here or raises the flag itself.
    if (turn <= Atomics.load(flags, FLAG.stopped)) Atomics.store(flags, FLAG.requested, 1);
    try {
      return await work();
    } finally {
      isInTurn = false;
      Atomics.store(flags, FLAG.running, 0);
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
        // So it need not be broken into.
        Atomics.add(flags, FLAG.seen, 1);
        // A cell that has ended meanwhile is not the next one's business.
        if (isInTurn && message.turn === turn) session.interrupt(new CellInterrupted());
        return;
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
    void handled.then(() =>
      setTimeout(() => breakIn.protect(() => heap.check()), COLLECT_MS).unref(),
    );
  });
  const heap = new HeapLimit();
  session.provideToolkit();
  notice = session.notice;
  send({ type: "ready" });
}
