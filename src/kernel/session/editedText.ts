/** Text to insert before an offset of the original. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** A text with insertions that can map its offsets back to the original. */
export class EditedText {
  readonly text: string;
  readonly #insertions: readonly Insertion[];

  /**
   * @param original the text as written
   * @param insertions in any order; those at the same offset keep the given order
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
   * Maps an offset of the edited text to the original; offsets within an insertion map to the offset
   * where it was inserted.
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
