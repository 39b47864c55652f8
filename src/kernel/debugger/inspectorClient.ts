import { Session } from "node:inspector";
import type { Debugger, Runtime } from "node:inspector";
import { HOOK_NAME } from "./debugHook";

/** An expression that finds the {@link DebugHook} in the cells' thread. */
export const HOOK = `globalThis[Symbol.for(${JSON.stringify(HOOK_NAME)})]`;

/** An expression threw, or the inspector rejected it. */
class EvaluationError extends Error {}

/** V8's inspector for the cells' thread, used from another thread; it also answers at a breakpoint. */
export class InspectorClient {
  readonly #session = new Session();
  #isConnected = false;

  /** Called when the cells' thread stops, and when it continues. */
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

  /** Calls an inspector method by name. */
  post<T>(method: string, params: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error: Error | null, result?: object) => {
        if (error === null) resolve(result as T);
        else reject(new EvaluationError(error.message));
      });
    });
  }

  /** The JSON value of a call on the hook. */
  async ask<T>(expression: string): Promise<T> {
    const params = { expression: `${HOOK}.${expression}`, returnByValue: true, silent: true };
    const answer = await this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params);
    return valueOf(answer).value as T;
  }

  /** A remote object returned by a call on the hook. */
  async reach(expression: string): Promise<Runtime.RemoteObject> {
    const params = { expression: `${HOOK}.${expression}`, silent: true, generatePreview: true };
    return valueOf(await this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params));
  }

  /** Calls a function on an object of the cells' thread and returns its result. */
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
   * Evaluates an expression, which may use the names of all cells.
   *
   * @param callFrameId the stack frame to evaluate in; without it, the global scope
   * @throws EvaluationError with what the expression threw
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

/** The result of an evaluation; throws what the expression threw. */
function valueOf({ result, exceptionDetails }: Runtime.EvaluateReturnType): Runtime.RemoteObject {
  if (exceptionDetails === undefined) return result;
  const { exception, text } = exceptionDetails;
  throw new EvaluationError((exception?.description ?? text).split("\n")[0]);
}
