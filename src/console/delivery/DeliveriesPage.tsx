import { RotateCw } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { spans } from "../feed/feedFilter.ts";
import { graphql } from "../gql/graphql.ts";
import { HookChoice } from "../hook/HookChoice.tsx";
import { ReplayHook } from "../hook/ReplayHook.tsx";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { DeliveryItem } from "./DeliveryItem.tsx";
import { filterOf, type Group, groups, variablesOf } from "./deliveryFilter.ts";
import { DeliveryRow } from "./deliveryRow.ts";
import "./DeliveriesPage.css";

const DeliveriesDocument = graphql(
  `
  query Deliveries(
    $status: [DeliveryStatus!], $hookId: ID, $since: DateTime, $after: String
  ) {
    deliveries(status: $status, hookId: $hookId, since: $since, first: 25, after: $after) {
      nodes { ...DeliveryRow }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [DeliveryRow],
);

/** The deliveries of all hooks; failed ones by default. */
export function DeliveriesPage() {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(address)), [address]);
  const variables = useMemo(() => variablesOf(filter), [filter]);
  const place = usePlace(address);
  const [isReplaying, setIsReplaying] = useState(false);
  const may = useMay();
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveriesDocument,
    { ...variables, after: place.after },
    (changed) =>
      changed.__typename === "Delivery" &&
      (variables.hookId === null || changed.hook?.id === variables.hookId),
  );
  const change = useCallback(
    (name: "status" | "hook" | "time", value: string) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  const deliveries = data?.deliveries.nodes ?? [];
  return (
    <Page
      title="Deliveries"
      tools={
        may.operate && (
          <Button onClick={() => setIsReplaying(true)}>
            <RotateCw size={14} /> <span>Replay deliveries</span>
          </Button>
        )
      }
    >
      <search className="deliveries-filters">
        <fieldset className="deliveries-states">
          <legend className="unseen">Status</legend>
          {Object.entries(groups).map(([group, { label }]) => (
            <Button
              key={group}
              look="quiet"
              aria-pressed={group === filter.group}
              onClick={() => change("status", group)}
            >
              {label}
            </Button>
          ))}
        </fieldset>
        <HookChoice hookId={filter.hookId} onChange={(id) => change("hook", id ?? "")} />
        <select
          aria-label="Time"
          value={filter.time}
          onChange={({ target }) => change("time", target.value)}
        >
          <option value="">Any time</option>
          {Object.entries(spans).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </search>
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && deliveries.length === 0 && (
        <Nothing filter={filter} hasMore={data.deliveries.pageInfo.hasNextPage} />
      )}
      {deliveries.length > 0 && (
        <ul className="deliveries" aria-label="Deliveries">
          {deliveries.map((delivery) => (
            <DeliveryItem key={delivery.id} delivery={delivery} shows="both" />
          ))}
        </ul>
      )}
      {data && <Pager place={place} pageInfo={data.deliveries.pageInfo} />}
      {isReplaying && <ReplayHook hookId={filter.hookId} onClose={() => setIsReplaying(false)} />}
    </Page>
  );
}

type Lack = { filter: { group: Group; hookId: string | null; time: string }; hasMore: boolean };

function Nothing({ filter, hasMore }: Lack) {
  // A page covers a bounded number of deliveries; older ones may match.
  if (hasMore)
    return (
      <Empty title="No matching deliveries in this time range.">Older deliveries may match.</Empty>
    );
  if (filter.group === "failed" && filter.hookId === null) {
    return (
      <Empty title="No failed deliveries.">
        Deliveries appear here when their last attempt has failed.
      </Empty>
    );
  }
  return <Empty title="No matching deliveries." />;
}
