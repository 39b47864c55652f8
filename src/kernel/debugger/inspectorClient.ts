import { Session } from "node:inspector";
import type { Debugger, Runtime } from "node:inspector";
import { HOOK_NAME } from "./debugHook";

/** How the cells' thread reaches the {@link DebugHook}. */
export const HOOK = `globalThis[Symbol.for(${JSON.stringify(HOOK_NAME)})]`;

/** An expression that threw, or that the inspector did not take. */
class EvaluationError extends Error {}

/** V8's inspector of the cells' thread, seen from another thread: it answers at a breakpoint too. */
export class InspectorClient {
  readonly #session = new Session();
  #isConnected = false;

  /** Told when the cells' thread stops, and when it goes on. */
  onPaused: (event: Debugger.PausedEventDataType) => void = () => undefined;
  onResumed: () => void = () => undefined;
  onScript: (event: Debugger.ScriptParsedEventDataType) => void = () => undefined;

  connect(): void {
    this.#session.connectToMainThread();
    this.#isConnected = true;
    this.#session.on("Debugger.paused", ({ params }) => this.onPaused(params));
    this.#session.on("Debugger.resumed", () => this.onResumed());
    this.#session.on("Debugger.scriptParsed", ({ params }) => this.onScript(params));
  }

  disconnect(): void {
    if (this.#isConnected) this.#session.disconnect();
    this.#isConnected = false;
    this.#session.removeAllListeners();
  }

  /** One of the inspector's methods, by its name. */
  post<T>(method: string, params: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error: Error | null, result?: object) => {
        if (error === null) resolve(result as T);
        else reject(new EvaluationError(error.message));
      });
    });
  }

  /** The value of an expression about the hook, as JSON has it. */
  async ask<T>(expression: string): Promise<T> {
    const params = { expression: `${HOOK}.${expression}`, returnByValue: true, silent: true };
    const answer = await this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params);
    return valueOf(answer).value as T;
  }

  /** An object of the cells' thread, by its handle. */
  async reach(expression: string): Promise<Runtime.RemoteObject> {
    const params = { expression: `${HOOK}.${expression}`, silent: true, generatePreview: true };
    return valueOf(await this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params));
  }

  /** What a function gives, called on an object of the cells' thread. */
  async call(
    objectId: string,
    functionDeclaration: string,
    values: readonly Runtime.RemoteObject[] | readonly Runtime.CallArgument[],
  ): Promise<Runtime.RemoteObject> {
    const given = values.map(({ objectId, unserializableValue, value }: Runtime.CallArgument) => {
      if (objectId !== undefined) return { objectId };
      return unserializableValue === undefined
        ? { value: value as unknown }
        : { unserializableValue };
    });
    const params = { objectId, functionDeclaration, silent: true, generatePreview: true };
    return valueOf(
      await this.post<Runtime.CallFunctionOnReturnType>("Runtime.callFunctionOn", {
        ...params,
        arguments: given,
      }),
    );
  }

  /**
   * What an expression gives, which may use the names of all cells.
   *
   * @param callFrameId where it stands; without it, at no place in particular
   * @throws EvaluationError with what it threw
   */
  async evaluate(
    expression: string,
    callFrameId: string | null,
    options: { readonly returnByValue?: boolean } = {},
  ): Promise<Runtime.RemoteObject> {
    await this.ask("enter()");
    try {
      const params = { expression, silent: true, generatePreview: true, ...options };
      const answer =
        callFrameId === null
          ? await this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params)
          : await this.post<Runtime.EvaluateReturnType>("Debugger.evaluateOnCallFrame", {
              ...params,
              callFrameId,
            });
      return valueOf(answer);
    } finally {
      await this.ask("leave()");
    }
  }
}

/** The value that was evaluated; throws what the expression threw. */
function valueOf({ result, exceptionDetails }: Runtime.EvaluateReturnType): Runtime.RemoteObject {
  if (exceptionDetails === undefined) return result;
  const { exception, text } = exceptionDetails;
  throw new EvaluationError((exception?.description ?? text).split("\n")[0]);
}
