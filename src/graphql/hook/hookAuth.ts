import type { ShownCertificate, StoredAuth } from "../../db/hook/hooks.ts";
import { shownAuth } from "../../domain/hookAuth/hookAuth.ts";
import { builder } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { Hook } from "./hook.ts";

const ClientAuthenticationEnum = describedEnum(
  "OAuth2ClientAuthentication",
  "How the hub authenticates at a token endpoint.",
  {
    CLIENT_SECRET_BASIC:
      "HTTP Basic with the form-encoded client id and secret (RFC 6749, section 2.3.1).",
    CLIENT_SECRET_POST: "`client_id` and `client_secret` in the body.",
  },
);

const tokenUrl =
  "The token endpoint: an http or https URL, under the same rules as `url`. It is asked by POST with grant_type=client_credentials.";
const scope = "The `scope` of the token: up to 2,000 characters, separated by spaces.";
const audience = "The `audience` of the token, which some servers ask for: up to 2,000 characters.";

const OAuth2Input = builder.inputType("HookOAuth2Input", {
  description:
    "OAuth2 client credentials: requests carry `Authorization: Bearer …` with a token that the hub fetches, and keeps until a minute before it expires.",
  fields: (t) => ({
    tokenUrl: t.string({ required: true, description: tokenUrl }),
    clientId: t.string({
      required: true,
      description: "The client's id: 1 to 1,000 printable ASCII characters.",
    }),
    clientSecret: t.string({
      required: true,
      description:
        "The client's secret: 1 to 4,096 printable ASCII characters. Stored encrypted, and never shown.",
    }),
    scope: t.string({ description: `${scope} Default: none.` }),
    audience: t.string({ description: `${audience} Default: none.` }),
    clientAuthentication: t.field({
      type: ClientAuthenticationEnum,
      defaultValue: "CLIENT_SECRET_BASIC",
      description: "How the hub authenticates at the token endpoint.",
    }),
  }),
});

const MtlsInput = builder.inputType("HookMtlsInput", {
  description: "A client certificate for TLS.",
  fields: (t) => ({
    certificate: t.string({
      required: true,
      description:
        "The certificate in PEM, followed by those of the intermediate authorities: up to 20 certificates, of 32,768 characters together. None may have expired.",
    }),
    key: t.string({
      required: true,
      description:
        "The certificate's private key in PEM, without a passphrase; at most 16,384 characters. Stored encrypted, and never shown.",
    }),
  }),
});

export const HookAuthInput = builder.inputType("HookAuthInput", {
  description:
    "How a hook's requests authenticate: either `oauth2` or `mtls`, with or without `ca`; or `ca` alone.",
  fields: (t) => ({
    oauth2: t.field({
      type: OAuth2Input,
      description:
        "A token for the header `authorization`; `headers` must not contain that header as well. When the target answers 401, the token is thrown away, and the next attempt fetches another.",
    }),
    mtls: t.field({
      type: MtlsInput,
      description: "A client certificate. The hook's URL must be https.",
    }),
    ca: t.string({
      description:
        "Certificates of authorities in PEM: up to 20, of 65,536 characters together. They are trusted instead of the public authorities, for the target and the token endpoint. One of the two URLs must be https. Default: the public authorities.",
    }),
  }),
});

const Certificate = builder.objectRef<ShownCertificate>("HookCertificate").implement({
  description: "An X.509 certificate.",
  fields: (t) => ({
    subject: t.exposeString("subject", {
      description: "Its subject, such as `CN=hub, O=Example`.",
    }),
    notAfter: t.expose("notAfter", {
      type: "DateTime",
      description: "The last moment at which it is valid.",
    }),
  }),
});

const OAuth2 = builder.objectRef<NonNullable<StoredAuth["oauth2"]>>("HookOAuth2").implement({
  description: "OAuth2 client credentials, without the secret.",
  fields: (t) => ({
    tokenUrl: t.exposeString("tokenUrl", { description: "The token endpoint." }),
    clientId: t.exposeString("clientId", { description: "The client's id." }),
    clientAuthentication: t.expose("clientAuthentication", {
      type: ClientAuthenticationEnum,
      description: "How the hub authenticates at the token endpoint.",
    }),
    scope: t.exposeString("scope", {
      nullable: true,
      description: "The `scope` of the token; null if none was given.",
    }),
    audience: t.exposeString("audience", {
      nullable: true,
      description: "The `audience` of the token; null if none was given.",
    }),
  }),
});

const Auth = builder.objectRef<NonNullable<ReturnType<typeof shownAuth>>>("HookAuth").implement({
  description: "How a hook's requests authenticate, without the secrets.",
  fields: (t) => ({
    oauth2: t.field({
      type: OAuth2,
      nullable: true,
      description: "The client that tokens are fetched for; null if there is none.",
      resolve: ({ oauth2 }) => oauth2,
    }),
    mtls: t.field({
      type: Certificate,
      nullable: true,
      description: "The client certificate; null if there is none.",
      resolve: ({ mtls }) => mtls,
    }),
    ca: t.field({
      type: [Certificate],
      nullable: true,
      description:
        "The authorities that are trusted instead of the public ones; null if the public ones are trusted.",
      resolve: ({ ca }) => ca,
    }),
  }),
});

builder.objectField(Hook, "auth", (t) =>
  t.field({
    type: Auth,
    nullable: true,
    description: "How requests authenticate, beside their signature; null if they do not.",
    resolve: ({ auth }) => shownAuth(auth),
  }),
);
