import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { COMMAND_FD, DEBUG_FD, LineReader, MESSAGE_FD, toLine } from "../session/channel";
import { killGroup } from "../session/processGroup";
import type {
  Answer,
  CellError,
  CommFrame,
  Command,
  SessionMessage,
  SessionOutput,
} from "../session/channel";
import { failure } from "../debugger/protocol";
import type { DapRequest, DapResponse } from "../debugger/protocol";
import { V8_FLAGS } from "../snapshot/snapshotFile";
import { protocolError } from "./protocolError";
import type { SessionBackend } from "./sessionBackend";

type Asked = Extract<Command, { readonly id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** How a session process is started. */
export interface SessionProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Node arguments for the start-up snapshot; Node may reject them. */
  readonly snapshotArgs?: readonly string[];
  /** The notebook's folder; default the kernel's own. */
  readonly cwd?: string;
  /** Default the kernel's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long a session may take to exit before it is killed, in milliseconds. */
  readonly graceMs?: number;
}

/**
 * The command that starts a session.
 *
 * @param folder contains the built `kernelSession.js`
 * @param snapshot a start-up snapshot for this Node, or `null`
 */
export function sessionCommand({
  folder,
  strict,
  node = process.execPath,
  snapshot = null,
}: {
  readonly folder: string;
  readonly strict: boolean;
  readonly node?: string;
  readonly snapshot?: string | null;
}): Pick<SessionProcessOptions, "command" | "args" | "snapshotArgs"> {
  const args = [
    ...process.execArgv,
    "--no-force-async-hooks-checks",
    ...V8_FLAGS,
    join(folder, "kernelSession.js"),
    ...(strict ? ["--strict"] : []),
  ];
  return {
    command: node,
    args,
    snapshotArgs: snapshot === null ? [] : ["--snapshot-blob", snapshot],
  };
}

/** Kills child processes that a session left running. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) killGroup(pid, "SIGKILL");
}

/** The error of a cell whose process ended. */
function endedError(code: number | null, signal: NodeJS.Signals | null): CellError {
  const how = signal === null ? `exit code ${code ?? "unknown"}` : signal;
  const evalue = `the process that runs the cells ended (${how}), as after a crash in native code`;
  return {
    ename: "SessionEnded",
    evalue,
    traceback: [
      `\u001b[1mSessionEnded\u001b[0m: ${evalue}.`,
      "All variables are lost; the notebook itself is unchanged. A new session is ready: run the cells again from the top.",
    ],
  };
}

/**
 * A session in a separate process. A crash in native code loses the variables but not the kernel: the
 * running cell gets an error, and a new session runs the next one.
 */
export class SessionProcess implements SessionBackend {
  readonly #options: SessionProcessOptions;
  readonly #pending = new Map<
    number,
    { readonly command: Asked; readonly settle: (answer: Answer | CellError) => void }
  >();
  /** `null` after a session that failed to start, until the next command. */
  #child: ChildProcess | null;
  #ready = false;
  /** Whether the user stopped a cell before the session was ready; a restarted session must be told. */
  #stopsEarly = false;
  /** Emptied if Node rejects the snapshot. */
  #snapshotArgs: readonly string[];
  #nextId = 1;
  #closing = false;
  onOutput: (output: SessionOutput) => void = () => undefined;
  onEnd: () => void = () => undefined;

  constructor(options: SessionProcessOptions) {
    this.#options = options;
    this.#snapshotArgs = options.snapshotArgs ?? [];
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const { command, args, cwd, env } = this.#options;
    // The session leads its own process group, so that signals also reach processes its cells started.
    const child = spawn(command, [...this.#snapshotArgs, ...args], {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#ready = false;
    const messages = child.stdio[MESSAGE_FD] as Readable;
    const pipes: readonly unknown[] = child.stdio;
    for (const pipe of [messages, pipes[DEBUG_FD] as Readable]) {
      const lines = new LineReader<SessionMessage>();
      pipe.on("data", (chunk: Buffer) => {
        for (const message of lines.push(chunk)) this.#receive(message);
      });
    }
    this.#commands(child).on("error", () => undefined); // reported by the exit event
    // Output of native code, which does not pass through the session's streams.
    for (const name of ["stdout", "stderr"] as const) {
      const decoder = new StringDecoder("utf8");
      child[name]?.on("data", (chunk: Buffer) => {
        // Node's error about the snapshot; the session restarts without it.
        if (this.#snapshotArgs.length > 0 && !this.#ready) return;
        this.onOutput({ type: "stream", name, text: decoder.write(chunk) });
      });
    }
    // Handle its last messages before its exit.
    const said = new Promise((resolve) => messages.once("close", resolve));
    child.once("error", () => this.#ended(child, null, null));
    child.once("exit", (code, signal) => {
      void said.then(() => this.#ended(child, code, signal));
    });
    return child;
  }

  #commands(child: ChildProcess): Writable {
    return child.stdio[COMMAND_FD] as Writable;
  }

  #receive(message: SessionMessage): void {
    if (message.type === "ready") this.#ready = true;
    if (message.type === "output") this.onOutput(message.output);
    if (message.type !== "answer") return;
    const asked = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    asked?.settle(message.answer);
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    endGroup(child);
    if (child !== this.#child) return;
    if (!this.#ready && !this.#closing && this.#snapshotArgs.length > 0) {
      return this.#startWithoutSnapshot();
    }
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    this.#child = this.#ready && !this.#closing ? this.#start() : null;
    this.onEnd();
    const error = endedError(code, signal);
    for (const { settle } of waiting) settle(error);
  }

  /** Restarts without the snapshot that Node rejected. */
  #startWithoutSnapshot(): void {
    this.#snapshotArgs = [];
    this.#child = this.#start();
    for (const { command } of this.#pending.values()) {
      this.#commands(this.#child).write(toLine(command));
    }
    if (this.#stopsEarly) this.#send({ type: "interrupt" });
  }

  #send(command: Command): void {
    if (this.#closing) return;
    this.#child ??= this.#start();
    this.#commands(this.#child).write(toLine(command));
  }

  /** Sends a command and waits for its answer of that type, or for an error if the session ends. */
  async #ask<T extends Answer["type"]>(
    type: T,
    command: WithoutId<Asked>,
  ): Promise<Extract<Answer, { readonly type: T }> | CellError> {
    const id = this.#nextId++;
    const answer = await new Promise<Answer | CellError>((settle) => {
      const asked: Asked = { ...command, id };
      this.#pending.set(id, { command: asked, settle });
      this.#send(asked);
    });
    if ("ename" in answer) return answer;
    if (answer.type === type) return answer as Extract<Answer, { readonly type: T }>;
    return protocolError("ProtocolError", `the session answered ${answer.type} instead of ${type}`);
  }

  async execute(
    command: Parameters<SessionBackend["execute"]>[0],
  ): ReturnType<SessionBackend["execute"]> {
    const answer = await this.#ask("executed", { type: "execute", ...command });
    return "ename" in answer ? { error: answer, userExpressions: {}, payload: [] } : answer;
  }

  async complete(code: string, cursor: number): ReturnType<SessionBackend["complete"]> {
    const answer = await this.#ask("completed", { type: "complete", code, cursor });
    return "ename" in answer ? { matches: [], start: cursor, end: cursor } : answer;
  }

  async inspect(code: string, cursor: number): ReturnType<SessionBackend["inspect"]> {
    const answer = await this.#ask("inspected", { type: "inspect", code, cursor });
    return "ename" in answer ? null : answer.bundle;
  }

  async debug(request: DapRequest): Promise<DapResponse> {
    const answer = await this.#ask("debugged", { type: "debug", request });
    return "ename" in answer ? failure(request, answer.evalue) : answer.response;
  }

  async comm(frame: CommFrame): ReturnType<SessionBackend["comm"]> {
    const answer = await this.#ask("handled", { type: "comm", frame });
    return "ename" in answer ? { errors: [answer] } : answer;
  }

  async isComplete(code: string): ReturnType<SessionBackend["isComplete"]> {
    const answer = await this.#ask("judged", { type: "isComplete", code });
    return "ename" in answer ? { status: "invalid", indent: "" } : answer;
  }

  input(value: string): void {
    this.#send({ type: "input", value });
  }

  interrupt(): void {
    this.#send({ type: "interrupt" });
    if (!this.#ready) this.#stopsEarly = true;
  }

  /** Ends the session: closes its command pipe, then kills it if it does not exit. */
  async close(): Promise<void> {
    this.#closing = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.once("exit", resolve));
    this.#commands(child).end();
    const timer = setTimeout(() => child.kill("SIGKILL"), this.#options.graceMs ?? 500);
    await closed;
    clearTimeout(timer);
    endGroup(child);
  }
}
