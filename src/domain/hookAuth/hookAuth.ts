/**
 * How a hook's requests authenticate, beside their signature: by a token from an OAuth2 server, or by a client
 * certificate. What is secret is sealed as one text; what is shown stands beside it. A change replaces all of it,
 * secrets included: whoever could change the token URL alone would be sent the secret.
 */
import { createHash } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { z } from "zod";
import type { HookRow, StoredAuth } from "../../db/hook/hooks.ts";
import { invalidFields, UserError, userError } from "../../util/userError.ts";
import { checkMailSettings } from "../hook/mailTarget.ts";
import type { CheckTarget } from "../hook/target.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { checkUsable, readCertificates, readKey, shownCertificate } from "./certificates.ts";

const clientAuthentications = ["CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST"] as const;

/** RFC 6749, appendix A. */
const printable = (max: number) =>
  z
    .string()
    .regex(/^[\x20-\x7e]+$/, "must be printable ASCII characters, at least one")
    .max(max, `must have at most ${max} characters`);
const pem = (max: number) => z.string().max(max, `must have at most ${max} characters`);

export const hookAuthInput = z.strictObject({
  oauth2: z
    .strictObject({
      tokenUrl: z.string(),
      clientId: printable(1_000),
      clientSecret: printable(4_096),
      scope: printable(2_000).nullish(),
      audience: printable(2_000).nullish(),
      clientAuthentication: z.enum(clientAuthentications).nullish(),
    })
    .nullish(),
  mtls: z.strictObject({ certificate: pem(32_768), key: pem(16_384) }).nullish(),
  ca: pem(65_536).nullish(),
});
export type HookAuthInput = z.input<typeof hookAuthInput>;

/** What an OAuth2 token is asked for with. */
export type OAuth2Client = NonNullable<StoredAuth["oauth2"]> & { clientSecret: string };

type Secrets = {
  oauth2?: OAuth2Client;
  mtls?: { certificate: string; key: string };
  ca?: string;
};

/** An opened `StoredAuth`, as calls need it. */
export type HookAuth = {
  /** Changes with everything in it. */
  id: string;
  oauth2?: OAuth2Client;
  /** `id` differs for connections that must not be mixed. */
  tls?: { id: string; context: SecureContext };
};

const path = ["auth"];
const invalid = (message: string, at = path) => userError("INVALID", message, at);

/** The URL of the token endpoint, checked as a target is. */
async function checkTokenUrl(url: string, check: (url: string) => Promise<string>) {
  const tokenUrl = [...path, "oauth2", "tokenUrl"];
  // A hook's own target may be of another kind.
  if (!/^https?:/i.test(url))
    throw invalid(`${tokenUrl.join(".")} is an absolute http or https URL`, tokenUrl);
  try {
    return await check(url);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.entries.map(({ code, message }) => ({
        code,
        message: message.replace(/^url\b/, tokenUrl.join(".")),
        path: tokenUrl,
      })),
    );
  }
}

/** Checks what was given, and seals its secrets. Throws INVALID or TARGET_REFUSED. */
export async function sealAuth(
  { box, checkTarget }: { box: SecretBox; checkTarget: CheckTarget },
  hook: { projectId: string; context: string },
  given: HookAuthInput,
): Promise<StoredAuth> {
  const { data, error } = hookAuthInput.safeParse(given);
  if (error)
    throw invalidFields(
      error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })),
    );
  const { oauth2, mtls, ca } = data;
  if (oauth2 && mtls) throw invalid("auth has either oauth2 or mtls, not both");
  if (!oauth2 && !mtls && ca == null)
    throw invalid("auth needs oauth2, mtls or ca; without any of them it is null");
  const secrets: Secrets = {};
  const shown: Omit<StoredAuth, "sealed"> = {};
  if (ca != null) {
    const own = readCertificates(ca, [...path, "ca"]);
    checkUsable({ ca: own.pem }, [...path, "ca"]);
    secrets.ca = own.pem;
    shown.ca = own.all.map(shownCertificate);
  }
  if (mtls) {
    const at = [...path, "mtls"];
    const certificates = readCertificates(mtls.certificate, [...at, "certificate"]);
    const key = readKey(mtls.key, certificates, [...at, "key"]);
    checkUsable({ cert: certificates.pem, key }, at);
    secrets.mtls = { certificate: certificates.pem, key };
    const [leaf] = certificates.all;
    if (leaf) shown.mtls = shownCertificate(leaf);
  }
  if (oauth2) {
    const { clientSecret, ...open } = oauth2;
    shown.oauth2 = {
      tokenUrl: await checkTokenUrl(open.tokenUrl, (url) => checkTarget(url, hook.projectId)),
      clientId: open.clientId,
      clientAuthentication: open.clientAuthentication ?? "CLIENT_SECRET_BASIC",
      scope: open.scope ?? null,
      audience: open.audience ?? null,
    };
    secrets.oauth2 = { ...shown.oauth2, clientSecret };
  }
  return { ...shown, sealed: box.seal(JSON.stringify(secrets), hook.context) };
}

const isHttps = (url: string) => new URL(url).protocol === "https:";

/** Checks that a hook's settings suit its kind of target, and its authentication its own headers. Throws INVALID. */
export function checkSuitsTarget(
  hook: Pick<HookRow, "url" | "verification" | "headers" | "auth">,
  headers: () => Record<string, string>,
): void {
  checkMailSettings(hook);
  const { auth, url } = hook;
  if (!auth) return;
  if (auth.mtls && !isHttps(url))
    throw invalid("auth.mtls needs an https url: over http there is no certificate", [
      ...path,
      "mtls",
    ]);
  if (auth.ca && !isHttps(url) && !isHttps(auth.oauth2?.tokenUrl ?? url))
    throw invalid("auth.ca needs an https url: over http there is no certificate", [...path, "ca"]);
  if (!auth.oauth2) return;
  const own = Object.keys(headers()).find((name) => name.toLowerCase() === "authorization");
  if (own !== undefined)
    throw invalid("header authorization is set by auth.oauth2: leave one of them out", [
      "headers",
      own,
    ]);
}

/** The opened text of a `StoredAuth`, for calls of one project. */
export function openAuth(text: string, projectId: string): HookAuth {
  const { oauth2, mtls, ca }: Secrets = JSON.parse(text);
  const digest = (value: unknown) =>
    createHash("sha256")
      .update(JSON.stringify([projectId, value]))
      .digest("base64url");
  return {
    id: digest(text),
    ...(oauth2 && { oauth2 }),
    ...((mtls || ca !== undefined) && {
      tls: {
        id: digest([mtls, ca]),
        context: createSecureContext({
          ...(mtls && { cert: mtls.certificate, key: mtls.key }),
          ...(ca !== undefined && { ca }),
        }),
      },
    }),
  };
}

/** What is shown of a hook's authentication; null if it has none. */
export const shownAuth = (auth: StoredAuth | null) =>
  auth && { oauth2: auth.oauth2 ?? null, mtls: auth.mtls ?? null, ca: auth.ca ?? null };
