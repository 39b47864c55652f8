/** The contents of the slice viewer. */
export interface ViewerSpec {
  /** Titles of the masks, in order. */
  readonly titles: readonly string[];
  /** Index of the truth among them; -1 if there is none. */
  readonly truth: number;
  readonly classes: readonly { readonly name: string; readonly colour: string }[];
  readonly start: number;
  readonly window: { readonly low: number; readonly high: number };
  readonly presets: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
  }[];
  readonly unit: string;
  /** The intensity of each grey value. */
  readonly intensities: readonly number[];
  /** Slice pixels per picture pixel. */
  readonly factor: number;
  readonly slices: readonly {
    readonly id: string;
    readonly height: number;
    readonly width: number;
    readonly scan: string;
    readonly masks: readonly { readonly picture: string; readonly caption: string }[];
  }[];
}
