import { type ApiKeyRow, keysOf } from "../../db/project/apiKeys.ts";
import { createApiKey, revokeApiKey } from "../../domain/project/apiKey.ts";
import { builder, Node } from "../builder/builder.ts";
import { roles } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const RoleEnum = describedEnum("Role", "What an API key may do.", roles);

export const ApiKey = builder.objectRef<ApiKeyRow>("ApiKey").implement({
  description:
    "An API key of the project. The plaintext key is returned once, by createApiKey; the hub stores only a digest.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "A name for people." }),
    role: t.expose("role", { type: RoleEnum, description: "What the key may do." }),
    prefix: t.exposeString("prefix", {
      description: "The first characters of the key, to tell keys apart.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the key was last used, accurate to the minute; null if never.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the key was revoked; null if it is valid.",
    }),
  }),
});

builder.queryField("apiKeys", (t) =>
  t.field({
    type: [ApiKey],
    description: "All API keys of the project including revoked ones, newest first. ADMIN only.",
    resolve: (_root, _args, { caller, read }) => read((sql) => keysOf(sql, caller.projectId)),
  }),
);

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  description: "The API key to create.",
  fields: (t) => ({
    name: t.string({ required: true, description: "A name for people; 1 to 200 characters." }),
    role: t.field({ type: RoleEnum, required: true, description: "What the key may do." }),
  }),
});

const CreateApiKeyPayload = payloadType<{ apiKey: ApiKeyRow; key: string }>(
  "CreateApiKeyPayload",
  "The result of createApiKey.",
  (t) => ({
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "The new key.",
      resolve: ({ apiKey }) => apiKey,
    }),
    key: t.string({
      nullable: true,
      description: "The plaintext key. It is returned only here.",
      resolve: ({ key }) => key,
    }),
  }),
);

builder.mutationField("createApiKey", (t) =>
  t.field({
    type: CreateApiKeyPayload,
    description:
      "Creates an API key. A project has at most 1,000 valid keys. Errors: INVALID, LIMIT_REACHED.",
    args: {
      input: t.arg({ type: CreateApiKeyInput, required: true, description: "The key to create." }),
    },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(() => createApiKey(hub.db.sql, caller.projectId, input)),
  }),
);

const ApiKeyPayload = payloadType<{ apiKey: ApiKeyRow }>(
  "ApiKeyPayload",
  "The result of revokeApiKey.",
  (t) => ({
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "The revoked key.",
      resolve: ({ apiKey }) => apiKey,
    }),
  }),
);

builder.mutationField("revokeApiKey", (t) =>
  t.field({
    type: ApiKeyPayload,
    description:
      "Revokes an API key permanently. Its requests are rejected, and its sockets and streams end within 5 s. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The key's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => {
        const apiKey = await revokeApiKey(hub.db.sql, caller.projectId, id);
        hub.forgetKey(apiKey.id);
        return { apiKey };
      }),
  }),
);
