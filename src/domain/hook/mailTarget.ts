import { isAddress } from "../../util/mailAddress.ts";
import { userError } from "../../util/userError.ts";

/** Whether a hook's URL asks for e-mail. */
export const isMailTarget = (url: string): boolean => /^mailto:/i.test(url);

const invalid = (message: string) => userError("INVALID", message, ["url"]);

/** The one address of a `mailto:` URL. Throws INVALID. */
export function addressOf(url: string): string {
  const address = url.slice("mailto:".length);
  if (address.includes(","))
    throw invalid(
      "url names one address, such as mailto:ops@example.com: register a hook for each",
    );
  if (address.includes("?"))
    throw invalid("url has no ?subject=… or other headers: the hub writes them itself");
  if (!isAddress(address))
    throw invalid(
      "url is an address such as mailto:ops@example.com: of letters, digits and !#$&'*+-=^_`{|}~ before the @, without quotes, spaces and %, and a host name in ASCII after it",
    );
  return address;
}

/** Checks an e-mail target before it is saved, and returns the text to store. Throws INVALID or TARGET_REFUSED. */
export function checkMailTarget(url: string, canSend: boolean): string {
  const address = addressOf(url);
  if (!canSend)
    throw userError(
      "TARGET_REFUSED",
      "url is an e-mail address, and this hub has no mail server: the operator sets SIGNALBOX_SMTP_URL and SIGNALBOX_SMTP_FROM",
      ["url"],
    );
  return `mailto:${address}`;
}

/** Refuses settings that mean nothing for e-mail. Throws INVALID. */
export function checkMailSettings(hook: {
  url: string;
  verification: string;
  /** Null without any. */
  headers: unknown;
  auth: unknown;
}): void {
  if (!isMailTarget(hook.url)) return;
  if (hook.verification !== "NONE")
    throw userError("INVALID", "verification is of HTTP: a mail address cannot consent by it", [
      "verification",
    ]);
  if (hook.headers !== null)
    throw userError("INVALID", "headers are of HTTP: an e-mail carries none of a hook's own", [
      "headers",
    ]);
  if (hook.auth !== null)
    throw userError("INVALID", "auth is of HTTP: the operator's mail server has its own", ["auth"]);
}
