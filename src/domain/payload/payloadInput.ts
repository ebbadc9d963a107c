import { z } from "zod";
import type { PayloadRow } from "../../db/hook/hooks.ts";
import { userError } from "../../util/userError.ts";
import { hasAtMost } from "../input/singleLineText.ts";
import { payloadLimits } from "./payloadLimits.ts";

/** RFC 9110, 8.3.1: type, subtype, and parameters. It is a header's value: printable ASCII, and nothing ends it. */
const mediaType =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:[ \t]*;[ \t]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[\x20!#-[\]-~]*"))*$/;

/** The settings that make a hook's bodies. */
export const payloadInput = {
  template: z
    .string()
    .refine(
      hasAtMost(payloadLimits.templateCharacters),
      `must have at most ${payloadLimits.templateCharacters} characters`,
    )
    .refine((text) => !/\0|\p{Cs}/u.test(text), "must not contain NUL or halves of characters")
    .refine((text) => text.trim() !== "", "must not be blank; null is for none")
    .nullish(),
  selection: z.string().nullish(),
  templateContentType: z
    .string()
    .refine(
      (text) => text.length <= payloadLimits.contentTypeCharacters && mediaType.test(text),
      `must be a media type such as text/plain; charset=utf-8, of at most ${payloadLimits.contentTypeCharacters} ASCII characters`,
    )
    .nullish(),
};

const TEMPLATE_TYPE = "application/json";

/** The content type of what a template renders: it goes with the template. */
export function contentTypeOf(
  given: string | null | undefined,
  before: Pick<PayloadRow, "templateContentType">,
  template: string | null,
): string | null {
  if (template === null) return given ?? null;
  return given === undefined
    ? (before.templateContentType ?? TEMPLATE_TYPE)
    : (given ?? TEMPLATE_TYPE);
}

/** Throws INVALID for settings of the body that exclude each other. */
export function checkPayload(payload: PayloadRow): void {
  const { format, template, templateContentType, selection } = payload;
  if (template !== null && selection !== null)
    throw userError(
      "INVALID",
      "a hook has a template or a selection, not both: set the other one to null",
      ["selection"],
    );
  if (template === null && templateContentType !== null)
    throw userError("INVALID", "templateContentType goes with a template, and there is none", [
      "templateContentType",
    ]);
  const which = template !== null ? "template" : "selection";
  if (payload[which] !== null && format === "RESOURCE")
    throw userError(
      "INVALID",
      `format RESOURCE sends the resource itself; choose another format for a ${which}`,
      [which],
    );
}
