/** Text to put in before an offset of the original. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** A text with insertions that knows where each of its places came from. */
export class EditedText {
  readonly text: string;
  readonly #insertions: readonly Insertion[];

  /**
   * @param original the text as it was written
   * @param insertions in any order; at one place they stand in the order given
   */
  constructor(original: string, insertions: readonly Insertion[]) {
    this.#insertions = [...insertions].sort((a, b) => a.at - b.at);
    let text = "";
    let from = 0;
    for (const { at, text: inserted } of this.#insertions) {
      text += original.slice(from, at) + inserted;
      from = at;
    }
    this.text = text + original.slice(from);
  }

  /**
   * The original's offset for one of the edited text's; inside an insertion, the place before
   * which it was put.
   *
   * @example
   * new EditedText("ab", [{ at: 1, text: "--" }]).toOriginal(3); // 1
   */
  toOriginal(offset: number): number {
    let shift = 0;
    for (const { at, text } of this.#insertions) {
      if (at + shift >= offset) break;
      if (offset < at + shift + text.length) return at;
      shift += text.length;
    }
    return offset - shift;
  }
}
