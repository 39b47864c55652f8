import { MessageChannel, Worker } from "node:worker_threads";
import { setDisplayHost } from "../../display";
import { noInputError } from "../../display/input";
import { historyFile, notebookName } from "../historyFile";
import { NotebookSession } from "./NotebookSession";
import type { SessionOptions } from "./NotebookSession";
import { SessionComms } from "../comms/SessionComms";
import type { Answer, CellError, CommFrame, Command } from "./channel";
import type { PrepareMessage, ReaderData, ReaderMessage } from "./commandReader";
import { Terminator } from "./terminator";
import { FLAG, createFlags } from "./flags";
import { HeapLimit } from "./heapLimit";
import { CellInterrupted } from "./interruption";
import { releaseLostImmediates } from "./lostImmediates";
import { send, sendOutput } from "./outbox";
import { replaceStreams } from "./standardStreams";
import { resetTfjsEngine } from "./tfjsRecovery";
import { UserInput } from "./userInput";

declare global {
  /** Asks the user for a line and waits; `initial` is returned if nothing is typed. */
  function prompt(message?: string, initial?: string): string | null;
}

/** Options of a session. */
export interface SessionMainOptions {
  readonly cwd: string;
  readonly packageRoot: string;
  readonly strict: boolean;
  /** This script, hidden from tracebacks. */
  readonly script: string;
  /** The script of the thread that reads commands; see `readCommands`. */
  readonly commandReader: string;
}

/** Thrown by `process.exit` in a cell, which ends the cell, not the notebook. */
class ProcessExit extends Error {
  constructor(code: number | string | null | undefined) {
    super(
      `process.exit(${code ?? ""}) was called. The session continues with its variables; to end it, use the notebook's menu.`,
    );
    this.name = "ProcessExit";
  }
}

/** Delay between an answer and the garbage check. */
const COLLECT_MS = 10;

/** Delay between a termination and the check for lost immediates. */
const RELEASE_MS = 10;

/** Runs a session until its command pipe closes. */
export function runSession(options: SessionMainOptions): void {
  const { cwd, packageRoot, strict, script, commandReader } = options;
  const flags = createFlags();
  // Stops arrive as messages; SIGINT is for the cells' child processes, which share this process group.
  process.on("SIGINT", () => undefined);
  const terminator = new Terminator({
    script,
    isCurrent: (target) => target.turn === turn && target.seen === Atomics.load(flags, FLAG.seen),
    onTerminate,
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
    if (answer === null) session.failCell(noInputError("process.stdin"));
    return answer;
  });
  let preparing: (() => void) | null = null;
  const sessionOptions: SessionOptions = {
    cwd,
    packageRoot,
    strict,
    notebook: notebookName(),
    history: historyFile(),
    script,
    emit: sendOutput,
    protect: (work) => terminator.protect(work),
    prepare: (script) => {
      if (Atomics.load(flags, FLAG.debugging) === 0) return null;
      const message: PrepareMessage = { type: "prepare", script };
      return new Promise((resolve) => {
        preparing = resolve;
        reader.postMessage(message);
      });
    },
    isStopRequested: () => Atomics.load(flags, FLAG.requested) === 1,
  };
  const session = new NotebookSession(sessionOptions);
  const comms = new SessionComms((frame) => sendOutput({ type: "comm", frame }));
  /** How many cells, and messages with handlers, have started. */
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
    if (!userInput.isAllowed) throw noInputError("prompt");
    const answer = userInput.askAndWait(message);
    if (answer === null) throw new CellInterrupted();
    return answer === "" ? initial : answer;
  };
  process.exit = (code) => {
    throw new ProcessExit(code);
  };
  const report = (kind: string, error: unknown): void => {
    // Promises left by the stopped cell reject too; the cell itself has reported the stop.
    if (error instanceof CellInterrupted) return;
    if (error instanceof Error && error.cause instanceof CellInterrupted) return;
    const { traceback } = session.describe(error) satisfies CellError;
    process.stderr.write(`${kind}: ${traceback.join("\n")}\n`);
  };
  process.on("uncaughtException", (error) => report("Uncaught", error));
  process.on("unhandledRejection", (reason) => report("Unhandled rejection", reason));

  /** Called before code is terminated: of the current cell, or a callback left by an earlier one. */
  function onTerminate(error: CellInterrupted): void {
    const isLeftover = !isInTurn;
    if (!isLeftover) session.endTerminated(error);
    setTimeout(releaseLostImmediates, RELEASE_MS);
    // By then the code has ended and nothing else has started.
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

  /** Runs something that can be stopped: a cell, or the handlers of a message. */
  async function runTurn(allowStdin: boolean, work: () => Promise<Answer>): Promise<Answer> {
    turn++;
    isInTurn = true;
    userInput.beginCell(allowStdin);
    if (notice !== null) process.stderr.write(notice);
    notice = null;
    Atomics.store(flags, FLAG.requested, 0);
    Atomics.store(flags, FLAG.turn, turn);
    Atomics.store(flags, FLAG.running, 1);
    // In this order, a stop that arrives now is either seen here or sets the flag itself.
    if (turn <= Atomics.load(flags, FLAG.stopped)) Atomics.store(flags, FLAG.requested, 1);
    try {
      return await work();
    } finally {
      isInTurn = false;
      const isStopped = Atomics.load(flags, FLAG.requested) === 1;
      Atomics.store(flags, FLAG.running, 0);
      Atomics.store(flags, FLAG.requested, 0);
      userInput.endCell();
      streams.endCell(isStopped ? new CellInterrupted() : null);
    }
  }

  function execute(command: Extract<Command, { readonly type: "execute" }>): Promise<Answer> {
    cell = ++cells;
    return runTurn(command.allowStdin, () => session.execute(command));
  }

  /** Calls the handlers of a comm message; one that throws does not prevent the next. */
  async function handleComm(frame: CommFrame): Promise<Answer> {
    const tasks = comms.tasks(frame);
    cell = null;
    try {
      return await runTurn(false, async () => {
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
        // The stop has been seen, so no code needs to be terminated.
        Atomics.add(flags, FLAG.seen, 1);
        // If the cell has ended meanwhile, the stop must not hit the next one.
        if (isInTurn && message.turn === turn) session.interrupt(new CellInterrupted());
        return;
      case "prepared":
        return preparing?.();
      case "close":
        // TensorFlow's own shutdown may abort and leave a core dump; there is nothing left to save.
        process.emit("exit", 0);
        process.kill(process.pid, "SIGKILL");
    }
  }

  reader.on("message", (message: ReaderMessage) => {
    const handled = handle(message).catch((error: unknown) => {
      report("Internal error of the kernel", error);
      if ("id" in message) {
        const error = session.describe(new Error("the kernel failed; see the cell's output"));
        send({
          type: "answer",
          id: message.id,
          answer: { type: "executed", error, userExpressions: {}, payload: [] },
        });
      }
    });
    // After the answer is sent. With `setImmediate`, stops of the next cell were lost, probably because
    // V8 terminates a turn that both share; with a timer none were.
    void handled.then(() =>
      setTimeout(() => terminator.protect(() => heap.check()), COLLECT_MS).unref(),
    );
  });
  const heap = new HeapLimit();
  session.provideToolkit();
  notice = session.notice;
  // A stop that arrives before must not terminate the load: it waits for the cell.
  terminator.loaded();
  send({ type: "ready" });
}
