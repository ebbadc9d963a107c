import { type ApiKeyRow, keysOf } from "../../db/project/apiKeys.ts";
import { createApiKey, revokeApiKey } from "../../domain/project/apiKey.ts";
import { builder, Node } from "../builder/builder.ts";
import { roles } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const RoleEnum = describedEnum("Role", "What a key may do.", roles);

export const ApiKey = builder.objectRef<ApiKeyRow>("ApiKey").implement({
  description:
    "A key of the project. The key itself is shown once, when it is made, and stored as a digest.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "For people." }),
    role: t.expose("role", { type: RoleEnum, description: "What it may do." }),
    prefix: t.exposeString("prefix", {
      description: "The literal start of the key, to tell keys apart.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was last used, to the minute; null for never.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was revoked; null for a live key.",
    }),
  }),
});

builder.queryField("apiKeys", (t) =>
  t.field({
    type: [ApiKey],
    description: "Every key of the project, revoked ones too, newest first. ADMIN only.",
    resolve: (_root, _args, { caller, read }) => read((sql) => keysOf(sql, caller.projectId)),
  }),
);

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  description: "A key to make.",
  fields: (t) => ({
    name: t.string({ required: true, description: "1 to 200 characters." }),
    role: t.field({ type: RoleEnum, required: true, description: "What it may do." }),
  }),
});

const CreateApiKeyPayload = payloadType<{ apiKey: ApiKeyRow; key: string }>(
  "CreateApiKeyPayload",
  "What createApiKey answers.",
  (t) => ({
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "The new key's record.",
      resolve: ({ apiKey }) => apiKey,
    }),
    key: t.string({
      nullable: true,
      description: "The key in plaintext: here alone, once.",
      resolve: ({ key }) => key,
    }),
  }),
);

builder.mutationField("createApiKey", (t) =>
  t.field({
    type: CreateApiKeyPayload,
    description: "Makes a key; at most 1,000 live ones. Errors: INVALID, LIMIT_REACHED.",
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: "The key." }) },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(() => createApiKey(hub.db.sql, caller.projectId, input)),
  }),
);

const ApiKeyPayload = payloadType<{ apiKey: ApiKeyRow }>(
  "ApiKeyPayload",
  "What revokeApiKey answers.",
  (t) => ({
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "The key's record.",
      resolve: ({ apiKey }) => apiKey,
    }),
  }),
);

builder.mutationField("revokeApiKey", (t) =>
  t.field({
    type: ApiKeyPayload,
    description:
      "Revokes a key for good: its requests are refused, its sockets and streams end within 5 s. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The key's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => {
        const apiKey = await revokeApiKey(hub.db.sql, caller.projectId, id);
        hub.forgetKey(apiKey.id);
        return { apiKey };
      }),
  }),
);
