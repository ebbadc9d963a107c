import { z } from "zod";
import { invalidFields } from "../../util/userError.ts";

/** Control characters, line separators, and lone surrogates, which PostgreSQL cannot store. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Invisible characters, and characters that change the direction of text. */
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\u{fff9}-\u{fffb}]/u;

/**
 * Exceptions that belong to the letters or emoji around them: joiners in emoji and in scripts with joining letters,
 * emoji presentation, variants of Chinese characters, and flags such as Scotland's.
 */
const JOINED =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{fe0f}])\u{200d}(?=\p{Extended_Pictographic})|(?<=[[\p{L}\p{M}]--[\p{scx=Latin}\p{scx=Greek}\p{scx=Cyrillic}\p{scx=Han}]])[\u{200c}\u{200d}](?=[\p{L}--\p{scx=Latin}])|(?<=\p{Emoji})[\u{fe0e}\u{fe0f}]|(?<=\p{scx=Han})[\u{e0100}-\u{e01ef}]|(?<=\u{1f3f4})[\u{e0061}-\u{e007a}]{5}\u{e007f}/gv;

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);
/** Only blanks. The braille blank is not white space to JavaScript. */
const isBlank = (text: string) => text !== "" && !CONTROL.test(text) && !/[^\s\u2800]/.test(text);
/** Counts characters as people and PostgreSQL do: an emoji is one, although its `length` is two. */
export const hasAtMost = (max: number) => (text: string) =>
  text.length <= max || (text.length <= 2 * max && [...text].length <= max);

const HIDDEN_MESSAGE = "must not contain what cannot be seen or changes the direction of text";

const text = (max: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .refine(hasAtMost(max), `must have at most ${max} characters`)
    .refine((it) => !isBlank(it), "must not be blank")
    .refine((it) => !CONTROL.test(it), "must not contain control characters");

/** A text of 1 to `max` characters on one line, for people. */
export const singleLineText = (max: number) =>
  text(max).refine((it) => isAscii(it) || !HIDDEN.test(it.replace(JOINED, "")), HIDDEN_MESSAGE);

/** Like `singleLineText`, for texts that serve as identifiers, such as an event type: no hidden characters at all. */
export const exactName = (max: number) =>
  text(max).refine((it) => isAscii(it) || !HIDDEN.test(it), HIDDEN_MESSAGE);

/** Throws INVALID when a field is not such a line. */
export function checkLine(field: string, value: string, max: number): void {
  const { error } = z.object({ [field]: singleLineText(max) }).safeParse({ [field]: value });
  if (error) throw invalidFields(error.issues);
}
