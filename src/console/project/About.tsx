import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Facts } from "../ui/layout/Facts.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { milliseconds } from "../ui/time/Time.tsx";

const HubDocument = graphql(`
  query Hub {
    hub {
      version publicUrl retentionDays
      limits { bodyBytes dataBytes batchEvents documentCost operationMs pageRows }
    }
  }
`);

/** Formats bytes. */
const size = (bytes: number): string =>
  bytes >= 1_048_576 ? `${bytes / 1_048_576} MiB` : `${bytes / 1_024} KiB`;

/** The hub's version, settings and limits. */
export function About() {
  const { data, error, isLoading, refresh } = useLiveQuery(HubDocument, {}, () => false);
  const hub = data?.hub;
  return (
    <Section title="About this hub">
      {isLoading && <Loading rows={2} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {hub && (
        <Facts
          facts={[
            ["Version", `Signalbox ${hub.version}`],
            ["Address", <code key="address">{hub.publicUrl}</code>],
            ["Retention", `${hub.retentionDays.toLocaleString()} days`],
            ["Largest event data", size(hub.limits.dataBytes)],
            ["Largest batch", `${hub.limits.batchEvents.toLocaleString()} events`],
            ["Largest request", size(hub.limits.bodyBytes)],
            ["Largest document cost", hub.limits.documentCost.toLocaleString()],
            ["Longest operation", milliseconds(hub.limits.operationMs)],
            ["Largest page", `${hub.limits.pageRows.toLocaleString()} rows`],
          ]}
        />
      )}
    </Section>
  );
}
