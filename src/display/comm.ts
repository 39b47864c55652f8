import { SetupError } from "../core/errors";
import { displayHost } from "./host";
import type { Comm, CommExtras, CommHost, CommTarget } from "./host";

function commHost(where: string): CommHost {
  const host = displayHost();
  if (host !== null) return host.comms;
  throw new SetupError({
    where,
    expected: "a notebook with a connected frontend",
    got: "a program outside a notebook",
    remedy: 'Run it in a cell of the kernel "TypeScript (layerbook)"',
  });
}

/**
 * Opens a comm: a channel to frontend code that has registered a target of this name. A frontend
 * without the target closes it.
 *
 * Messages are handled one at a time, like cells: those that arrive while a cell or another handler
 * runs wait until it has ended, and the stop button also ends a handler.
 *
 * @param target the name registered in the frontend
 * @param data passed to the frontend's target
 * @throws SetupError outside a notebook
 * @example no-run: outside of a notebook there is no frontend
 * const comm = openComm("my.progress", { total: 10 });
 * comm.on("message", ({ data }) => console.log(data));
 * comm.send({ done: 1 });
 * comm.close();
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages
 */
export function openComm(
  target: string,
  data: Readonly<Record<string, unknown>> = {},
  extras: CommExtras = {},
): Comm {
  return commHost("openComm").open(target, data, extras);
}

/**
 * Accepts the comms that the frontend opens under a name. A later registration replaces an earlier
 * one.
 *
 * @param target the name
 * @param onOpen gets the comm and the message that opened it
 * @returns a function that removes the target
 * @throws SetupError outside a notebook
 * @example no-run: outside of a notebook there is no frontend
 * registerCommTarget("my.echo", (comm) => {
 *   comm.on("message", ({ data, buffers }) => comm.send(data, { buffers }));
 * });
 */
export function registerCommTarget(target: string, onOpen: CommTarget): () => void {
  return commHost("registerCommTarget").register(target, onOpen);
}

/**
 * The open comms, including those of widgets.
 *
 * @throws SetupError outside a notebook
 */
export function listComms(): readonly Comm[] {
  return commHost("listComms").list();
}
