import type { Answer, Bundle, CommFrame, Command, SessionOutput } from "../session/channel";

import type { DapRequest, DapResponse } from "../debugger/protocol";

type AnswerOf<T extends Answer["type"]> = Omit<Extract<Answer, { readonly type: T }>, "type">;
type ExecuteCommand = Omit<Extract<Command, { readonly type: "execute" }>, "type" | "id">;

/** What the protocol needs from a session, wherever it runs. No call rejects. */
export interface SessionBackend {
  /** Runs a cell; outputs go to `onOutput` meanwhile. */
  execute(command: ExecuteCommand): Promise<AnswerOf<"executed">>;
  complete(code: string, cursor: number): Promise<AnswerOf<"completed">>;
  inspect(code: string, cursor: number): Promise<Bundle | null>;
  isComplete(code: string): Promise<AnswerOf<"judged">>;
  /** Calls the handlers of a comm message; outputs go to `onOutput` meanwhile. */
  comm(frame: CommFrame): Promise<AnswerOf<"handled">>;
  /** Answers a Debug Adapter Protocol request, even while a cell runs or is stopped. */
  debug(request: DapRequest): Promise<DapResponse>;
  /** Delivers what the user typed. */
  input(value: string): void;
  /** Stops the running cell, if one runs. */
  interrupt(): void;
  onOutput: (output: SessionOutput) => void;
  /** Called when the session has ended and all its state is lost. */
  onEnd: () => void;
  close(): Promise<void>;
}
