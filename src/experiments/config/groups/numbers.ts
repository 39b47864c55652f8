import * as z from "zod";

/** A positive integer. */
export const count = z.int().positive();

/** A probability or fraction. */
export const chance = z.number().min(0).max(1);
