import { z } from "zod";
import { type AuditRow, listAuditEntries } from "../../../db/audit/auditEntries.ts";
import { isId } from "../../../util/ids.ts";
import { rawJson } from "../../../util/json/rawJson.ts";
import { dateTime } from "../../input/time.ts";
import { listOf } from "../answers.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { pageBody, pageOf, pageQuery } from "../query.ts";

const name = z.string().max(200);

const entryShown = ({ projectId: _, before, after, ...entry }: AuditRow) => ({
  ...entry,
  before: rawJson(before),
  after: rawJson(after),
});

export const auditLog: Endpoint = endpoint({
  method: "GET",
  path: "/v1/audit",
  operation: "Query.auditLog",
  summary: "Who did what, newest first. Retention removes nothing from it.",
  query: z.strictObject({
    ...pageQuery,
    actor: name.optional().describe("Only what this actor did: the whole name."),
    action: name.optional().describe("Only this action, such as pauseHook."),
    entityId: name.optional().describe("Only what was done to the object with this id."),
    since: dateTime.optional().describe("Done at this time or later."),
    until: dateTime.optional().describe("Done before this time."),
  }),
  answer: listOf("AuditEntry"),
  async handle({ context: { caller, read }, asked }) {
    const request = pageOf(asked);
    const matchesNone = asked.entityId !== undefined && !isId(asked.entityId);
    const page = matchesNone
      ? { rows: [], hasNext: false, hasPrevious: false }
      : await read((sql) => listAuditEntries(sql, caller.projectId, asked, request));
    return { body: await pageBody(page, (rows) => rows.map(entryShown)) };
  },
});
