import * as z from "zod";
import { group, setting } from "../setting";
import { chance } from "./numbers";

/** A smallest and a largest factor; `[1, 1]` changes nothing. */
const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([low, high]) => low <= high, "[low, high] with low <= high");

/** The kinds of augmentation. */
export const AUGMENTATIONS = ["none", "paper", "standard"] as const;

/** The settings of augmentation `standard`. */
export const augmentationStrengthSettings = group({
  /** Probability of mirroring left and right. */
  flipChance: setting(chance, 0.5, "probability of mirroring left and right"),
  /** Probability of mirroring front and back. */
  verticalFlipChance: setting(chance, 0, "probability of mirroring front and back"),
  /** Maximum rotation in degrees, in either direction. */
  rotationDegrees: setting(z.number().min(0).max(180), 15, "maximum rotation in either direction"),
  /** Smallest and largest scale. */
  scale: setting(range, [0.85, 1.2], "smallest and largest scale"),
  /** Maximum shift, as a fraction of the side. */
  shift: setting(chance, 0.05, "maximum shift, as a fraction of the side"),
  /** Standard deviation of the elastic field, as a fraction of the side. */
  elastic: setting(
    z.number().min(0).max(0.2),
    0.015,
    "standard deviation of the elastic field, as a fraction of the side",
  ),
  /** Smallest and largest exponent of the grey values. */
  gamma: setting(range, [0.7, 1.5], "smallest and largest exponent of the grey values"),
  /** Maximum standard deviation of added noise. */
  noise: setting(chance, 0.04, "maximum standard deviation of added noise"),
  /** Probability of blanking a rectangle of the image. */
  cutoutChance: setting(chance, 0.2, "probability of blanking a rectangle of the image"),
  /** Maximum side of that rectangle, as a fraction of the image's. */
  cutoutSize: setting(chance, 0.25, "maximum side of that rectangle, as a fraction of the image's"),
});
