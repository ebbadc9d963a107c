import { Link, useSearchParams } from "wouter";
import { LastAct } from "../audit/LastAct.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { CopiedId } from "../ui/copy/CopiedId.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { DeliveryDetail } from "./DeliveryDetail.tsx";
import { DeliveryRow } from "./deliveryRow.ts";
import { NextAttempt } from "./NextAttempt.tsx";
import { RetryButton } from "./RetryButton.tsx";
import { mayRetry, targetOf } from "./retry.ts";

const DeliveryPageDocument = graphql(
  `
  query DeliveryPage($id: ID!) {
    delivery(id: $id) { ...DeliveryRow }
  }
`,
  [DeliveryRow],
);

/** One delivery: what is sent to whom, and its attempts. `?attempt=` opens one of them. */
export function DeliveryPage({ params: { id } }: { params: { id: string } }) {
  const [params] = useSearchParams();
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveryPageDocument,
    { id },
    (changed) => changed.id === id,
  );
  if (isLoading) return <Loading />;
  const delivery = data?.delivery;
  if (error && !delivery) return <Failure error={error} onRetry={refresh} />;
  if (!delivery)
    return (
      <Empty title="Delivery not found.">
        It may have been removed by retention. <Link to="/deliveries">To the deliveries</Link>
      </Empty>
    );
  const { status, event, hook, run, nextAttemptAt, completedAt, replayOf } = delivery;
  const attempt = Number(params.get("attempt") ?? Number.NaN);
  const target = targetOf(delivery);
  return (
    <Page
      title={`${event.name} to ${target}`}
      back={{ to: "/deliveries", label: "Deliveries" }}
      aside={<Badge state={status} />}
      tools={mayRetry(delivery) && <RetryButton delivery={delivery} name={event.name} />}
    >
      <LastAct id={id} />
      <Facts
        facts={[
          [
            "Event",
            <Link key="event" to={`/events/${event.id}`}>
              {event.name}
            </Link>,
          ],
          ["Type", <code key="type">{event.type}</code>],
          ["Hook", hook && !run && <Link to={`/hooks/${hook.id}`}>{target}</Link>],
          ["Run", run && <Link to={`/runs/${run.id}`}>{target}</Link>],
          ["Attempts", `${delivery.attemptCount} of ${delivery.maxAttempts}`],
          ["Created", <Moment key="created" at={delivery.createdAt} />],
          ["Ended", completedAt && <Moment at={completedAt} />],
          ["Next attempt", nextAttemptAt && <NextAttempt delivery={delivery} at={nextAttemptAt} />],
          [
            "Sends again",
            replayOf && <Link to={`/deliveries/${replayOf.id}`}>An earlier one</Link>,
          ],
          ["Id", <CopiedId key="id" id={id} />, "wide"],
        ]}
      />
      <Section title="Attempts">
        <DeliveryDetail
          key={attempt}
          id={id}
          isPage
          attempt={Number.isNaN(attempt) ? undefined : attempt}
        />
      </Section>
    </Page>
  );
}
