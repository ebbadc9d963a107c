import { checkMailTarget, isMailTarget } from "../../domain/hook/mailTarget.ts";
import type { CheckTarget } from "../../domain/hook/target.ts";
import type { Poster } from "../call/post.ts";
import { createMailer, failed, type MailSettings } from "./mailer.ts";

type Outbound<P extends Poster> = { poster: P; checkTarget: CheckTarget };

/** The same with hooks whose target is an e-mail address; without settings of a mail server, none is taken. */
export function withMail<P extends Poster>(
  settings: MailSettings | undefined,
  { poster, checkTarget }: Outbound<P>,
): Outbound<Poster> & { checkHookTarget: CheckTarget } {
  const mailer = settings && createMailer(settings);
  const noMailer = {
    ...failed("not sent: this hub has no mail server (SIGNALBOX_SMTP_URL)", "REFUSED"),
    ...{ remoteAddress: null, elapsedMs: 0, requestHeaders: {}, responseHeaders: null },
  };
  return {
    checkTarget,
    checkHookTarget: async (url, projectId) =>
      isMailTarget(url) ? checkMailTarget(url, mailer !== undefined) : checkTarget(url, projectId),
    poster: {
      async post(request) {
        if (!isMailTarget(request.url)) return poster.post(request);
        return mailer ? mailer.send(request) : noMailer;
      },
      [Symbol.asyncDispose]: () => poster[Symbol.asyncDispose](),
    },
  };
}
