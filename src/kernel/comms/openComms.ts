import type { CommFrame } from "../session/channel";

/** The open comms, as the protocol process tracks them to answer `comm_info_request`. */
export class OpenComms {
  readonly #targets = new Map<string, string>();

  /** Records a comm that a frame from either side opens or closes. */
  note({ kind, commId, target }: CommFrame): void {
    if (kind === "comm_open") {
      // An open comm that is opened again stays what it is; see SessionComms.
      if (!this.#targets.has(commId)) this.#targets.set(commId, target);
    } else if (kind === "comm_close") this.#targets.delete(commId);
  }

  /** The content of `comm_info_reply`: all comms, or those of one target. */
  info(target: string | null): Readonly<Record<string, { readonly target_name: string }>> {
    return Object.fromEntries(
      [...this.#targets]
        .filter(([, name]) => target === null || name === target)
        .map(([id, name]) => [id, { target_name: name }]),
    );
  }

  /** Forgets all comms and returns their ids. */
  clear(): string[] {
    const ids = [...this.#targets.keys()];
    this.#targets.clear();
    return ids;
  }
}
