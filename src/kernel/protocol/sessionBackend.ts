import type { Answer, Bundle, CommFrame, Command, SessionOutput } from "../session/channel";

import type { DapRequest, DapResponse } from "../debugger/protocol";

type AnswerOf<T extends Answer["type"]> = Omit<Extract<Answer, { readonly type: T }>, "type">;
type ExecuteCommand = Omit<Extract<Command, { readonly type: "execute" }>, "type" | "id">;

/** What the protocol wants of a session, wherever that runs. No call rejects. */
export interface SessionBackend {
  /** Runs a cell; outputs go to `onOutput` meanwhile. */
  execute(command: ExecuteCommand): Promise<AnswerOf<"executed">>;
  complete(code: string, cursor: number): Promise<AnswerOf<"completed">>;
  inspect(code: string, cursor: number): Promise<Bundle | null>;
  isComplete(code: string): Promise<AnswerOf<"judged">>;
  /** Calls the handlers of a comm's message; outputs go to `onOutput` meanwhile. */
  comm(frame: CommFrame): Promise<AnswerOf<"handled">>;
  /** Answers a request of the debug adapter protocol, also while a cell runs or is stopped. */
  debug(request: DapRequest): Promise<DapResponse>;
  /** Hands over what the user typed. */
  input(value: string): void;
  /** Stops the running cell, if one runs. */
  interrupt(): void;
  onOutput: (output: SessionOutput) => void;
  /** Told when the session is gone, and all that it held with it. */
  onEnd: () => void;
  close(): Promise<void>;
}
