import { DeliveryItem } from "../delivery/DeliveryItem.tsx";
import { DeliveryRow } from "../delivery/deliveryRow.ts";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";

const DeliveriesDocument = graphql(
  `
  query EventDeliveries($eventId: ID!, $after: String) {
    deliveries(eventId: $eventId, first: 20, after: $after) {
      nodes { ...DeliveryRow }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [DeliveryRow],
);

/** Why an event has no deliveries. */
const whyNone = (status: string, refusedBy: string | null) =>
  ({
    SCHEDULED: "None yet. Deliveries follow when the event is due.",
    STAGED: "None yet. The hooks are being matched.",
    CANCELLED: "None. The event was cancelled.",
    ...(refusedBy !== null && {
      FAILED: "None. The event was not matched, because it does not fit its type.",
    }),
  })[status] ?? "None. No hook matched this event.";

/** `refusedBy` is the error of an event that was not matched. */
type Props = { eventId: string; status: string; refusedBy: string | null };

/** The deliveries of an event. */
export function EventDeliveries({ eventId, status, refusedBy }: Props) {
  const place = usePlace(eventId);
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveriesDocument,
    { eventId, after: place.after },
    (changed) => changed.__typename === "Delivery" && changed.event.id === eventId,
  );
  const deliveries = data?.deliveries.nodes ?? [];
  return (
    <Section title="Deliveries">
      {isLoading && <Loading rows={2} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && deliveries.length === 0 && <p className="soft">{whyNone(status, refusedBy)}</p>}
      {deliveries.length > 0 && <RoleNote needs="OPERATOR" what="Retrying a delivery" />}
      {deliveries.length > 0 && (
        <ul className="deliveries">
          {deliveries.map((delivery) => (
            <DeliveryItem key={delivery.id} delivery={delivery} shows="hook" />
          ))}
        </ul>
      )}
      {data && <Pager place={place} pageInfo={data.deliveries.pageInfo} />}
    </Section>
  );
}
