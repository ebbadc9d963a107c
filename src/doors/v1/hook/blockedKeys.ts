import { z } from "zod";
import { type BlockedKeyRow, blockedKeysPerHook } from "../../../db/delivery/blockedKeys.ts";
import { releaseBlockedKey } from "../../../domain/delivery/blockedKey.ts";
import { component, listOf } from "../answers.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { pageBody, pageOf, pageQuery } from "../query.ts";
import { showHook } from "../shown/hook.ts";
import { findHook } from "./findHook.ts";

const shown = ({ key, id, waiting, since }: BlockedKeyRow) => ({
  key,
  deliveryId: id,
  waiting,
  since,
});

const releaseInput = z
  .strictObject({
    key: z.string().describe("The key, as in `BlockedKey.key`."),
    skip: z.boolean().nullish().describe("Whether the lost delivery is left out; default false."),
  })
  .meta({ id: "ReleaseBlockedKeyInput" });

export const blockedKeyEndpoints: Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/hooks/{id}/blocked-keys",
    operation: "Query.hook",
    summary: "The keys whose deliveries wait for a person, newest lost delivery first.",
    query: z.strictObject(pageQuery),
    answer: listOf("BlockedKey"),
    async handle({ context, asked, params: { id = "" } }) {
      const { caller, read } = context;
      const request = pageOf(asked);
      const hook = await findHook(context, id);
      const pages = await read((sql) =>
        blockedKeysPerHook(sql, caller.projectId, [hook.id], request),
      );
      const none = { rows: [], hasNext: false, hasPrevious: false };
      return { body: await pageBody(pages.get(hook.id) ?? none, (rows) => rows.map(shown)) };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/hooks/{id}/blocked-keys/release",
    operation: "Mutation.releaseBlockedKey",
    summary:
      "Frees a blocked key: its lost delivery is tried again, or with `skip` left out. The answer is the hook.",
    body: releaseInput,
    answer: component("Hook"),
    async handle({ context, input: { key, skip }, params: { id = "" } }) {
      const { caller, hub } = context;
      const { projectId } = caller;
      const hook = await releaseBlockedKey(hub.db.sql, projectId, id, key, skip ?? false);
      return { body: await showHook(context, hook) };
    },
  }),
];
