import type { HookRow } from "../../db/hook/hooks.ts";

/** What an e-mail's subject may hold; the rest, control characters and line breaks among it, become spaces. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const MAX_SUBJECT = 200;

const lineOf = (text: string) => text.replace(hidden, " ").trim().slice(0, MAX_SUBJECT);

/**
 * The headers of an e-mail: the subject is the event's type. The message id is the same in every attempt, so that an
 * e-mail that comes twice can be known by it.
 */
export const mailHeaders = (
  hook: Pick<HookRow, "id">,
  { id, type }: { id: string; type: string },
  contentType: string,
): Record<string, string> => ({
  subject: lineOf(type),
  "message-id": `<${id}.${hook.id}@signalbox>`,
  "content-type": contentType,
});

/** Replies to a message (RFC 5321) that are the same however often it is sent: 5yz. */
export const isRefusedForGood = (statusCode: number | null): boolean =>
  statusCode !== null && statusCode >= 500;
