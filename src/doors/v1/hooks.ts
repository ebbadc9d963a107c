import { z } from "zod";
import { listHooks } from "../../db/page/lists.ts";
import { registerHook, updateHook } from "../../domain/hook/hook.ts";
import { hookInput } from "../../domain/hook/hookInput.ts";
import { confirmHook } from "../../domain/hook/hookVerification.ts";
import { signatures } from "../../domain/hookSecret/hookSignature.ts";
import { rotateHookSecret } from "../../domain/hookSecret/replaceHookSecret.ts";
import {
  deleteHook,
  enableHook,
  pauseHook,
  resumeHook,
} from "../../domain/hookStatus/hookStatus.ts";
import { component, listOf } from "./answers.ts";
import { type Endpoint, endpoint, locationOf } from "./endpoint.ts";
import { findHook } from "./hook/findHook.ts";
import { oneOf, pageBody, pageOf, pageQuery } from "./query.ts";
import { showHook, showHooks } from "./shown/hook.ts";

// A `uid` is given through the Svix-compatible door.
const { shape } = hookInput.omit({ uid: true });
/** Null is as in GraphQL: the default, or on a change the value that it has. */
const fields = {
  ...shape,
  types: shape.types.nullish(),
  format: shape.format.nullish(),
  retries: shape.retries.nullish(),
  timeoutMs: shape.timeoutMs.nullish(),
  unsubscribeOn: shape.unsubscribeOn.nullish(),
  finalStatuses: shape.finalStatuses.nullish(),
  maxInFlight: shape.maxInFlight.nullish(),
  onOrderFailure: shape.onOrderFailure.nullish(),
  url: z.string().nullish(),
  // What headers may be, the rules of headers tell.
  headers: z.unknown().optional(),
  metadata: z.unknown().optional(),
  signature: z.enum(signatures).nullish(),
};

/** Metadata keep their digits and the order of their keys. */
const exact = ["metadata"];

const registerHookInput = z
  .strictObject({
    ...fields,
    types: shape.types,
    url: z.string(),
    verification: z.enum(["NONE", "HOOK_SECRET", "CLOUD_EVENTS"]).nullish(),
    paused: z.boolean().nullish(),
    secret: z.string().nullish(),
  })
  .meta({ id: "RegisterHookInput" });

const updateHookInput = z.strictObject(fields).meta({ id: "UpdateHookInput" });

const changedSchema = {
  allOf: [
    component("Hook"),
    {
      type: "object",
      properties: {
        secret: {
          type: "string",
          description:
            "The new signing secret, if `signature` was changed to HMAC_SHA256. It is shown only here.",
        },
      },
    },
  ],
};

const secretSchema = {
  allOf: [
    component("Hook"),
    {
      type: "object",
      required: ["secret"],
      properties: {
        secret: {
          type: ["string", "null"],
          description:
            "The signing secret of the hook's requests. It is shown only here. Null with signature ED25519: receivers need `publicKey`.",
        },
      },
    },
  ],
};

const change = (
  name: "pause" | "resume" | "enable",
  summary: string,
  run: typeof pauseHook,
): Endpoint =>
  endpoint({
    method: "POST",
    path: `/v1/hooks/{id}/${name}`,
    operation: `Mutation.${name}Hook`,
    summary,
    answer: component("Hook"),
    async handle({ context, params: { id = "" } }) {
      const { caller, hub } = context;
      return { body: await showHook(context, await run(hub.hooks, caller.projectId, id)) };
    },
  });

export const hookEndpoints: Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/hooks",
    operation: "Query.hooks",
    summary: "The project's hooks, newest first; deleted ones only if `status` asks for them.",
    query: z.strictObject({
      ...pageQuery,
      status: oneOf(["PENDING_VERIFICATION", "ACTIVE", "PAUSED", "DISABLED", "DELETED"]).optional(),
      type: z.string().max(1_000).optional().describe("Only hooks that receive this event type."),
      search: z
        .string()
        .max(200)
        .optional()
        .describe("Only with this text in the name, URL, description or metadata."),
      userId: z.string().max(200).optional().describe("Only hooks of this user."),
      isFailing: z.boolean().optional(),
    }),
    answer: listOf("Hook"),
    async handle({ context, asked }) {
      const { caller, read } = context;
      const request = pageOf(asked);
      const page = await read((sql) => listHooks(sql, caller.projectId, asked, request));
      return { body: await pageBody(page, (rows) => showHooks(context, rows)) };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/hooks",
    operation: "Mutation.registerHook",
    summary: "Registers a hook. The answer is the hook with its signing secret.",
    body: registerHookInput,
    exact,
    status: 201,
    answer: secretSchema,
    async handle({ context, input }) {
      const { caller, hub } = context;
      const { hook, secret } = await registerHook(hub.hooks, caller.projectId, input);
      return {
        body: { ...(await showHook(context, hook)), secret },
        headers: locationOf(context, `/v1/hooks/${hook.id}`),
      };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/hooks/{id}",
    operation: "Query.hook",
    summary: "The hook with this id, even if deleted.",
    answer: component("Hook"),
    async handle({ context, params: { id = "" } }) {
      return { body: await showHook(context, await findHook(context, id)) };
    },
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/hooks/{id}",
    operation: "Mutation.updateHook",
    summary:
      "Changes a hook. Absent fields keep their value; null clears an optional one. The next attempt uses the new URL.",
    body: updateHookInput,
    exact,
    answer: changedSchema,
    async handle({ context, input, params: { id = "" } }) {
      const { caller, hub } = context;
      const { hook, secret } = await updateHook(hub.hooks, caller.projectId, id, input);
      return {
        body: { ...(await showHook(context, hook)), ...(secret !== null && { secret }) },
      };
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/hooks/{id}",
    operation: "Mutation.deleteHook",
    summary: "Deletes a hook. It cannot be restored; its waiting deliveries are CANCELLED.",
    status: 204,
    async handle({ context: { caller, hub }, params: { id = "" } }) {
      await deleteHook(hub.hooks, caller.projectId, id);
      return {};
    },
  }),
  change("pause", "Pauses a hook: its deliveries are PARKED.", pauseHook),
  change("resume", "Resumes a hook: its PARKED deliveries are due at once.", resumeHook),
  change("enable", "Enables a DISABLED hook: its PARKED deliveries are due at once.", enableHook),
  endpoint({
    method: "POST",
    path: "/v1/hooks/{id}/rotate-secret",
    operation: "Mutation.rotateHookSecret",
    summary: "Replaces the signing secret. For `overlapHours` (24) requests are signed with both.",
    body: z.strictObject({ overlapHours: z.int().min(0).max(168).nullish() }),
    answer: secretSchema,
    async handle({ context, input, params: { id = "" } }) {
      const { caller, hub } = context;
      const hours = input.overlapHours ?? 24;
      const { hook, secret } = await rotateHookSecret(hub.hooks, caller.projectId, id, hours);
      return { body: { ...(await showHook(context, hook)), secret } };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/hooks/{id}/confirm",
    operation: "Mutation.confirmHook",
    summary: "Activates a hook with the X-Hook-Secret that its target received.",
    body: z.strictObject({ secret: z.string() }),
    answer: component("Hook"),
    async handle({ context, input, params: { id = "" } }) {
      const { caller, hub } = context;
      const hook = await confirmHook(hub.hooks, caller.projectId, id, input.secret);
      return { body: await showHook(context, hook) };
    },
  }),
];
