import { z } from "zod";

/** Control characters and halves of a character: PostgreSQL cannot hold the one's NUL nor the other, and names are one line. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;
/** Characters as people (and PostgreSQL) count them: an emoji is one, although JavaScript says two. */
const hasAtMost = (max: number) => (text: string) =>
  text.length <= max || (text.length <= 2 * max && [...text].length <= max);

/** A text of 1 to `max` characters on one line. */
export const line = (max: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .refine(hasAtMost(max), `must have at most ${max} characters`)
    .refine((text) => !UNFIT.test(text), "must not contain control characters");
