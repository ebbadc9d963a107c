import { isAddress } from "../util/mailAddress.ts";
import { hidden, setting } from "./setting.ts";

/** The operator's mail server, and whom e-mails are from. */
export type MailSettings = {
  server: { host: string; port: number; secure: boolean; user?: string; pass?: string };
  from: { name: string; address: string };
};

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const smtpUrl = setting(
  "a URL like smtp://user:password@mail.example.com:587 or smtps://… (nothing after the port; special characters of the password percent-encoded)",
  (text): MailSettings["server"] | undefined => {
    const url = /^smtps?:\/\/[^/?#]+\/?$/i.test(text) ? URL.parse(text) : null;
    const [user, pass] = [decoded(url?.username ?? ""), decoded(url?.password ?? "")];
    if (!url?.hostname || user === undefined || pass === undefined || (pass && !user)) return;
    const secure = url.protocol === "smtps:";
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port) || (secure ? 465 : 587),
      secure,
      ...(user && { user, pass }),
    };
  },
  hidden,
);

const smtpFrom = setting(
  "an address like hub@example.com or Signalbox <hub@example.com>",
  (text): MailSettings["from"] | undefined => {
    const [, name = "", address = ""] = /^(?:([^<>"\p{Cc}\p{Cf}]{1,100}?) *<([^<>]+)>)$/u.exec(
      text,
    ) ?? [undefined, "", text];
    return isAddress(address) ? { name, address } : undefined;
  },
);

/** Names of the two settings, which need each other. */
export const mailShape = {
  SIGNALBOX_SMTP_URL: smtpUrl.optional(),
  SIGNALBOX_SMTP_FROM: smtpFrom.optional(),
};

type Values = {
  SIGNALBOX_SMTP_URL?: MailSettings["server"] | undefined;
  SIGNALBOX_SMTP_FROM?: MailSettings["from"] | undefined;
};

/** Why the mail server is set only in part; undefined if it is not. */
export function partOfMail(values: Values): string | undefined {
  const { SIGNALBOX_SMTP_URL: server, SIGNALBOX_SMTP_FROM: from } = values;
  if ((server === undefined) === (from === undefined)) return undefined;
  return server
    ? "SIGNALBOX_SMTP_FROM must be set when SIGNALBOX_SMTP_URL is: e-mail needs a sender."
    : "SIGNALBOX_SMTP_URL must be set when SIGNALBOX_SMTP_FROM is: e-mail needs a server.";
}

/** The mail server that is set. */
export function mailOf(values: Values): { mail?: MailSettings } {
  const { SIGNALBOX_SMTP_URL: server, SIGNALBOX_SMTP_FROM: from } = values;
  return server && from ? { mail: { server, from } } : {};
}
