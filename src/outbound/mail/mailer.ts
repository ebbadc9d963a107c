import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import { addressOf } from "../../domain/hook/mailTarget.ts";
import { UserError } from "../../util/userError.ts";
import type { PostRequest } from "../call/post.ts";
import type { Reply } from "../call/reply.ts";
import { refused, replied } from "./smtpReply.ts";

/** The operator's mail server, and whom e-mails are from. */
export type MailSettings = {
  server: { host: string; port: number; secure: boolean; user?: string; pass?: string };
  from: { name: string; address: string };
};

/** A password goes over a connection without encryption only within this machine. */
const isLocal = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

type Mailer = { send(request: PostRequest): Promise<Reply> };

/**
 * Sends e-mails by the operator's SMTP server, each over a connection of its own. Of the request's headers those that
 * domain/payload/mailMessage.ts writes become the e-mail's; nothing else of it does.
 */
export function createMailer({ server, from }: MailSettings): Mailer {
  const { host, port, secure, user, pass } = server;
  const transport = createTransport({
    ...{ host, port, secure, disableFileAccess: true, disableUrlAccess: true },
    ...(user !== undefined && { auth: { user, pass: pass ?? "" } }),
    requireTLS: !secure && user !== undefined && !isLocal(host),
  });

  async function deliver({ url, headers, body }: PostRequest, signal: AbortSignal) {
    const type = headers["content-type"] ?? "";
    const { response } = await transport.sendMail({
      from: { name: from.name, address: from.address },
      to: { name: "", address: addressOf(url) },
      subject: headers.subject ?? "",
      messageId: headers["message-id"] ?? "",
      headers: { "Auto-Submitted": "auto-generated" },
      ...(/^text\/html\b/i.test(type) ? { html: body } : { text: body }),
      signal,
    });
    return replied(response);
  }

  return {
    async send(request) {
      const { timeoutMs, url, headers } = request;
      const startedAt = performance.now();
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
      const result = await deliver(request, signal).catch((error: unknown) => {
        if (error instanceof UserError) return failed(`not sent: ${error.message}`, "REFUSED");
        if (timeout.aborted) return failed(`timeout: no complete answer within ${timeoutMs} ms`);
        if (signal.aborted) return failed("interrupted: the hub stopped waiting");
        return refused(error);
      });
      const { subject = "", "message-id": messageId = "" } = headers;
      return {
        ...result,
        remoteAddress: null,
        elapsedMs: Math.round(performance.now() - startedAt),
        requestHeaders: {
          ...{ from: from.address, to: url.slice("mailto:".length), subject },
          "message-id": messageId,
        },
        responseHeaders: null,
      };
    },
  };
}

/** The outcome of a message that the server did not answer, or was not asked to take. */
export const failed = (
  error: string,
  outcome: "CONNECTION_ERROR" | "REFUSED" = "CONNECTION_ERROR",
) => ({
  ...{ outcome, error, statusCode: null },
  ...{ responseBody: null, responseTruncated: false },
});
