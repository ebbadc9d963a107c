import { type AuditRow, listAuditEntries } from "../../db/audit/auditEntries.ts";
import { isId } from "../../util/ids.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { findNode } from "../page/node.ts";
import { pageArgs } from "../page/pageArgs.ts";

const AuditEntry = builder.objectRef<AuditRow>("AuditEntry").implement({
  description: "One thing that was done to the project, and who did it.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "The entry's id." }),
    at: t.expose("at", { type: "DateTime", description: "When it was done." }),
    actor: t.exposeString("actor", {
      description:
        "The name of the key that asked for it; `command line` for commands that open the database, `signalbox` for what the hub does by itself, such as disabling a hook whose attempts have failed for too long.",
    }),
    action: t.exposeString("action", {
      description:
        "The name of the mutation that does this, such as pauseHook, whatever interface it was asked through. Without a mutation: disableHook, createProject, createApplication, updateApplication, deleteApplication.",
    }),
    entity: t.field({
      type: Node,
      nullable: true,
      description:
        "What it was done to, as it is now. Null if there is no such object, if it is gone, or if this key may not read it.",
      resolve: ({ entityType, entityId }, _args, context) =>
        entityType && entityId ? findNode(context, entityType, entityId) : null,
    }),
    entityType: t.exposeString("entityType", {
      nullable: true,
      description: "The type of what it was done to, such as Hook.",
    }),
    entityId: t.exposeID("entityId", {
      nullable: true,
      description: "The id of what it was done to, also if that is gone.",
    }),
    before: t.field({
      type: "JSON",
      nullable: true,
      description:
        "The old values of what changed; null if there were none. Secrets, values of headers and data of events are [redacted]; a field that does not fit into 16,384 characters in all is replaced by its length.",
      resolve: ({ before }) => rawJson(before),
    }),
    after: t.field({
      type: "JSON",
      nullable: true,
      description:
        "The new values of what changed, or details of the action; null if there is neither. Redacted as `before`.",
      resolve: ({ after }) => rawJson(after),
    }),
    requestId: t.exposeString("requestId", {
      description:
        "The request's id, as in its answer (x-request-id) and the hub's log; empty if no request asked for it.",
    }),
  }),
});

const AuditEntryConnection = connectionType("AuditEntry", AuditEntry);

builder.queryField("auditLog", (t) =>
  t.field({
    type: AuditEntryConnection,
    description:
      "Who did what, newest first: every change of the configuration, and every press, retry, replay, backfill, test and erasure. Emitting events and changing resources is not in it: each leaves an event. Retention removes nothing from it.",
    args: {
      ...pageArgs,
      actor: t.arg.string({ description: "Only what this actor did: the whole name." }),
      action: t.arg.string({ description: "Only this action, such as pauseHook." }),
      entityId: t.arg.id({ description: "Only what was done to the object with this id." }),
      since: t.arg({ type: "DateTime", description: "Done at this time or later." }),
      until: t.arg({ type: "DateTime", description: "Done before this time." }),
    },
    resolve: async (_root, { since, until, ...args }, { caller, read }) => {
      const request = pageRequest(args);
      // A malformed id matches nothing.
      if (args.entityId != null && !isId(args.entityId))
        return toConnection<AuditRow>({ rows: [], hasNext: false, hasPrevious: false });
      const filter = {
        ...args,
        since: since ? new Date(since) : null,
        until: until ? new Date(until) : null,
      };
      return toConnection(
        await read((sql) => listAuditEntries(sql, caller.projectId, filter, request)),
      );
    },
  }),
);
