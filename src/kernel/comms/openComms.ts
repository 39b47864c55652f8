import type { CommFrame } from "../session/channel";

/** Which comms are open, as the protocol's side sees it: what `comm_info_request` asks for. */
export class OpenComms {
  readonly #targets = new Map<string, string>();

  /** Notes what a frame from either side opens or closes. */
  note({ kind, commId, target }: CommFrame): void {
    if (kind === "comm_open") this.#targets.set(commId, target);
    else if (kind === "comm_close") this.#targets.delete(commId);
  }

  /** The content of `comm_info_reply`: all comms, or those of a target. */
  info(target: string | null): Readonly<Record<string, { readonly target_name: string }>> {
    return Object.fromEntries(
      [...this.#targets]
        .filter(([, name]) => target === null || name === target)
        .map(([id, name]) => [id, { target_name: name }]),
    );
  }

  /** Forgets all of them; returns their ids. */
  clear(): string[] {
    const ids = [...this.#targets.keys()];
    this.#targets.clear();
    return ids;
  }
}
