import { Download } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useBarred, useSession } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { counted } from "../ui/counted.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { toast } from "../ui/Toasts.tsx";
import { spanProblem } from "../ui/time/timeSpan.ts";
import { AuditFilters } from "./AuditFilters.tsx";
import { AuditItem } from "./AuditItem.tsx";
import { AuditEntryRow } from "./auditEntryRow.ts";
import { type AuditFormat, saveAuditFile } from "./auditFile.ts";
import { type AuditFilter, filterOf, filterParts, variablesOf } from "./auditFilter.ts";
import "./AuditPage.css";

const AuditLogDocument = graphql(
  `
  query AuditLog(
    $actor: String, $action: String, $entityId: ID, $since: DateTime, $until: DateTime, $after: String
  ) {
    auditLog(
      actor: $actor, action: $action, entityId: $entityId, since: $since, until: $until,
      first: 25, after: $after
    ) {
      nodes { ...AuditEntryRow }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [AuditEntryRow],
);

/** Who did what in the project. */
export function AuditPage() {
  const barred = useBarred("OPERATOR", "Reading the audit log");
  if (barred === null) return <AuditList />;
  return (
    <Page title="Audit log">
      <Empty title={barred}>The log tells the names of keys.</Empty>
    </Page>
  );
}

const distinct = (values: readonly (string | null)[]): string[] =>
  [...new Set(values.filter((value) => value !== null))].sort();

function AuditList() {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(address)), [address]);
  const variables = useMemo(() => variablesOf(filter), [filter]);
  const problem = spanProblem(filter);
  const place = usePlace(address);
  const { data, error, isLoading, refresh } = useLiveQuery(
    AuditLogDocument,
    { ...variables, after: place.after },
    ({ __typename }) => __typename !== "Event" && __typename !== "Delivery",
  );
  const change = useCallback(
    (next: Partial<AuditFilter>) => {
      // A time is chosen part by part, and each part changes it.
      const isInPart = Object.keys(next).every((part) => part === "since" || part === "until");
      setParams(
        (before) => {
          const all = new URLSearchParams(before);
          for (const [part, name] of Object.entries(filterParts)) {
            const value = next[part as keyof AuditFilter];
            if (value === "") all.delete(name);
            else if (value !== undefined) all.set(name, value);
          }
          return all;
        },
        { replace: isInPart },
      );
    },
    [setParams],
  );
  const entries = data?.auditLog.nodes ?? [];
  const known = {
    actor: distinct(entries.map(({ actor }) => actor)),
    action: distinct(entries.map(({ action }) => action)),
    entityId: distinct(entries.map(({ entityId }) => entityId)),
  };
  return (
    <Page title="Audit log" tools={<Export filter={filter} isDisabled={problem !== undefined} />}>
      <AuditFilters filter={filter} known={known} onFilter={change} />
      {problem === undefined && (
        <>
          {isLoading && <Loading />}
          {error && !data && <Failure error={error} onRetry={refresh} />}
          {data && entries.length === 0 && (
            <Empty
              title={
                data.auditLog.pageInfo.hasNextPage
                  ? "None among the newest entries."
                  : "No such entries."
              }
            />
          )}
          {entries.length > 0 && (
            <ul className="audit" aria-label="Audit log">
              {entries.map((entry) => (
                <AuditItem key={entry.id} entry={entry} onFilter={change} />
              ))}
            </ul>
          )}
          {data && <Pager place={place} pageInfo={data.auditLog.pageInfo} />}
        </>
      )}
    </Page>
  );
}

/** The entries of the filter as a file. */
function Export({ filter, isDisabled }: { filter: AuditFilter; isDisabled: boolean }) {
  const { api } = useSession();
  const [isSaving, setIsSaving] = useState(false);
  const save = async (format: AuditFormat) => {
    setIsSaving(true);
    try {
      const { count, hasMore } = await saveAuditFile(api, filter, format);
      const said = `${counted(count, "entry", "entries")} saved.`;
      toast(hasMore ? `${said} There are more: narrow the filter for older ones.` : said);
    } catch (error) {
      toast(error instanceof Error ? error.message : "The hub did not answer.", "bad");
    }
    setIsSaving(false);
  };
  return (
    <>
      {(["csv", "json"] as const).map((format) => (
        <Button key={format} isBusy={isSaving} disabled={isDisabled} onClick={() => save(format)}>
          <Download size={14} /> <span>{format.toUpperCase()}</span>
        </Button>
      ))}
    </>
  );
}
