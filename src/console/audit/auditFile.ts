import type { Client } from "@urql/core";
import { graphql } from "../gql/graphql.ts";
import { type AuditFilter, variablesOf } from "./auditFilter.ts";

const AuditFileDocument = graphql(`
  query AuditFile(
    $actor: String, $action: String, $entityId: ID, $since: DateTime, $until: DateTime, $after: String
  ) {
    auditLog(
      actor: $actor, action: $action, entityId: $entityId, since: $since, until: $until,
      first: 100, after: $after
    ) {
      nodes { id at actor action entityType entityId before after requestId }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** A file is read in pages of 100. */
const MAX_ENTRIES = 10_000;

const columns = ["at", "actor", "action", "entityType", "entityId", "before", "after", "requestId"];

/** A cell of CSV. One that a spreadsheet would take for a formula begins with an apostrophe. */
function cell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ""
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

type Entry = Record<string, unknown>;

const formats = {
  csv: {
    type: "text/csv",
    write: (entries: Entry[]) =>
      [
        columns.join(","),
        ...entries.map((entry) => columns.map((name) => cell(entry[name])).join(",")),
      ]
        .map((line) => `${line}\r\n`)
        .join(""),
  },
  json: {
    type: "application/json",
    write: (entries: Entry[]) => `${JSON.stringify(entries, null, 2)}\n`,
  },
};
export type AuditFormat = keyof typeof formats;

type Wanted = ReturnType<typeof variablesOf> & { after: string | null };

async function readPage(api: Client, wanted: Wanted) {
  const asked = api.query(AuditFileDocument, wanted, { requestPolicy: "network-only" });
  const { data, error } = await asked.toPromise();
  if (!data) throw error ?? new Error("The hub did not answer.");
  return data.auditLog;
}

/** Saves the newest 10,000 entries of a filter as a file. Returns how many, and whether there are more. */
export async function saveAuditFile(
  api: Client,
  filter: AuditFilter,
  format: AuditFormat,
): Promise<{ count: number; hasMore: boolean }> {
  const entries: Entry[] = [];
  // Once: the last hour is the same on every page.
  const variables = variablesOf(filter);
  let [after, hasMore]: [string | null, boolean] = [null, true];
  while (hasMore && entries.length < MAX_ENTRIES) {
    const { nodes, pageInfo } = await readPage(api, { ...variables, after });
    entries.push(...nodes);
    hasMore = pageInfo.hasNextPage;
    after = pageInfo.endCursor;
  }
  const { type, write } = formats[format];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([write(entries)], { type }));
  link.download = `audit-log.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
  return { count: entries.length, hasMore };
}
