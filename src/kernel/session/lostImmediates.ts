/** An entry of Node's linked list of pending immediates. */
interface ListedImmediate {
  readonly _idlePrev?: ListedImmediate | null;
  readonly hasRef?: () => boolean;
}

/**
 * Removes lost immediates from Node's count. Node runs the immediates of a turn from a separate list.
 * When one of them is terminated, those after it never run but still count as pending, and the event
 * loop never blocks again. Call this between two turns, from a timer, when no such list is in use.
 *
 * Node has no way to set the count, so this clears a stand-in for each lost immediate. If Node's
 * internal objects do not look as in versions 20 to 24, nothing happens.
 *
 * @returns how many were lost
 */
export function releaseLostImmediates(): number {
  const probe = setImmediate(() => undefined);
  const isRefed = Object.getOwnPropertySymbols(probe).find(
    ({ description }) => description === "refed",
  );
  const counted = process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
  let waiting = 0;
  let each: ListedImmediate | null | undefined = probe;
  for (; each; each = each._idlePrev) if (each.hasRef?.() ?? true) waiting++;
  clearImmediate(probe);
  if (isRefed === undefined || !("_idlePrev" in probe)) return 0;
  const lost = Math.max(0, counted - waiting);
  for (let i = 0; i < lost; i++) {
    const standIn = {
      _onImmediate: () => undefined,
      _destroyed: false,
      _idleNext: null,
      _idlePrev: null,
      [isRefed]: true,
    };
    clearImmediate(standIn as unknown as NodeJS.Immediate);
  }
  return lost;
}
