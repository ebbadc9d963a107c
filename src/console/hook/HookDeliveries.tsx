import { Link } from "wouter";
import { DeliveryItem } from "../delivery/DeliveryItem.tsx";
import { type Group, groupNames, groups } from "../delivery/deliveryFilter.ts";
import { DeliveryRow } from "../delivery/deliveryRow.ts";
import { graphql } from "../gql/graphql.ts";
import { useAddressFilter } from "../kept/useAddressFilter.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Button } from "../ui/Button.tsx";
import { emptyText } from "../ui/emptyText.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import "./HookDeliveries.css";

const DeliveriesDocument = graphql(
  `
  query HookDeliveries($hookId: ID!, $status: [DeliveryStatus!], $after: String) {
    deliveries(hookId: $hookId, status: $status, first: 20, after: $after) {
      nodes { ...DeliveryRow }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [DeliveryRow],
);

/** The status is part of the address, by the name that it has in that of all deliveries; empty for all. */
const filterOf = (params: URLSearchParams): { status: Group | "" } => ({
  status: groupNames.find((name) => name !== "all" && name === params.get("status")) ?? "",
});

/** The deliveries of a hook, filtered by status as those of all hooks are. */
export function HookDeliveries({ hookId }: { hookId: string }) {
  const { filter, change } = useAddressFilter(filterOf);
  const group = filter.status || "all";
  const { status } = groups[group];
  const place = usePlace(`${hookId} ${group}`);
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveriesDocument,
    { hookId, status: status && [...status], after: place.after },
    (changed) => changed.__typename === "Delivery" && changed.hook?.id === hookId,
  );
  const deliveries = data?.deliveries.nodes ?? [];
  const choice = (
    <fieldset className="hook-states">
      <legend className="unseen">Status</legend>
      {groupNames.map((name) => (
        <Button
          key={name}
          look="quiet"
          aria-pressed={name === group}
          onClick={() => change({ status: name === "all" ? "" : name })}
        >
          {groups[name].label}
        </Button>
      ))}
    </fieldset>
  );
  return (
    <Section title="Deliveries" tools={choice}>
      <p className="soft">
        <Link to={`/deliveries?${new URLSearchParams({ hook: hookId, status: group })}`}>
          Find them by status code, error, type, user or time
        </Link>
      </p>
      {isLoading && <Loading rows={4} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && deliveries.length === 0 && (
        <p className="soft">{emptyText(group !== "all", data.deliveries.pageInfo.hasNextPage)}</p>
      )}
      {deliveries.length > 0 && <RoleNote needs="OPERATOR" what="Retrying a delivery" />}
      {deliveries.length > 0 && (
        <ul className="deliveries">
          {deliveries.map((delivery) => (
            <DeliveryItem key={delivery.id} delivery={delivery} shows="event" />
          ))}
        </ul>
      )}
      {data && <Pager place={place} pageInfo={data.deliveries.pageInfo} />}
    </Section>
  );
}
