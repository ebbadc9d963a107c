import { Link } from "wouter";
import { LastAct } from "../audit/LastAct.tsx";
import { Avatar } from "../feed/Avatar.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { pathOfResource } from "../resource/paths.ts";
import { CopiedId } from "../ui/copy/CopiedId.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { Countdown, Moment } from "../ui/time/Time.tsx";
import { Content } from "./Content.tsx";
import { EraseEvent } from "./EraseEvent.tsx";
import { EventActions } from "./EventActions.tsx";
import { EventContext } from "./EventContext.tsx";
import { EventDeliveries } from "./EventDeliveries.tsx";
import { EventRuns } from "./EventRuns.tsx";
import { EventWhy } from "./EventWhy.tsx";
import { originText } from "./originText.ts";
import { ScheduleTools } from "./scheduled/ScheduleTools.tsx";
import { Trace } from "./Trace.tsx";

const EventDocument = graphql(`
  query Event($id: ID!) {
    event(id: $id) {
      id type typeVersion data name avatar category contentType content userId contextId stepUuid
      idempotencyKey traceId uid channels tags origin occurredAt receivedAt scheduledFor status error
      expungedAt expungedBy
      broadcast targetHook { id name url }
      subject { type id }
      causedBy { id name }
    }
  }
`);

/** One event: content, data, deliveries and runs. */
export function EventPage({ params: { id } }: { params: { id: string } }) {
  const { data, error, isLoading, refresh } = useLiveQuery(
    EventDocument,
    { id },
    (changed) => changed.id === id,
  );
  const event = data?.event;
  if (isLoading) return <Loading />;
  if (error && !event) return <Failure error={error} onRetry={refresh} />;
  if (!event) {
    return (
      <Empty title="Event not found.">
        It may have been removed by retention. <Link to="/">Back to the feed</Link>
      </Empty>
    );
  }
  const { name, scheduledFor } = event;
  const mayChange = event.status === "SCHEDULED" && scheduledFor !== null;
  return (
    <Page
      title={event.name}
      back={{ to: "/", label: "Feed" }}
      aside={<Badge state={event.status} />}
      tools={
        <>
          {mayChange && <ScheduleTools event={{ id, name, scheduledFor }} />}
          {event.expungedAt === null && <EraseEvent event={event} />}
        </>
      }
    >
      <LastAct id={id} />
      {event.expungedAt !== null && (
        <p>
          The content was erased by {event.expungedBy}, <Moment at={event.expungedAt} />.
        </p>
      )}
      {event.error !== null && <p role="alert">{event.error}</p>}
      <Facts
        facts={[
          ["Type", <code key="type">{event.type}</code>],
          ["Occurred", <Moment key="occurred" at={event.occurredAt} />],
          ["Received", <Moment key="received" at={event.receivedAt} />],
          ["Due", event.scheduledFor && <Due at={event.scheduledFor} status={event.status} />],
          ["Category", event.category && <Filtered name="category" value={event.category} />],
          ["User", event.userId && <Filtered name="user" value={event.userId} />],
          ["Context", event.contextId && <Filtered name="context" value={event.contextId} />],
          ["Subject", event.subject && <About {...event.subject} />],
          [
            "For",
            event.broadcast
              ? "hooks of all users"
              : event.targetHook && <For {...event.targetHook} />,
          ],
          ["Caused by", event.causedBy && <CausedBy {...event.causedBy} />],
          ["Origin", originText(event.origin)],
          ["Idempotency key", event.idempotencyKey],
          ["Uid", event.uid],
          ["Channels", event.channels?.join(", ")],
          ["Tags", event.tags?.join(", ")],
          ["Step", event.stepUuid],
          ["Trace", event.traceId && <Trace key="trace" id={event.traceId} />],
          ["Id", <CopiedId key="id" id={event.id} />, "wide"],
        ]}
      />
      {event.content !== null && (
        <Section title="Content">
          <div className="event-content">
            <Avatar avatar={event.avatar} name={event.name} />
            <Content content={event.content} contentType={event.contentType} name={event.name} />
          </div>
        </Section>
      )}
      <EventActions event={event} />
      {event.data !== null && (
        <Section title="Data">
          <JsonTree value={event.data} />
        </Section>
      )}
      <EventRuns eventId={id} />
      <EventDeliveries eventId={id} status={event.status} refusedBy={event.error} />
      <EventWhy eventId={id} status={event.status} scheduledFor={scheduledFor} />
      {event.contextId !== null && <EventContext contextId={event.contextId} eventId={id} />}
    </Page>
  );
}

const Filtered = ({ name, value }: { name: string; value: string }) => (
  <Link to={`/?${new URLSearchParams({ [name]: value })}`}>{value}</Link>
);

const About = ({ type, id }: { type: string; id: string }) => (
  <Link to={pathOfResource(type, id)}>
    {type} {id}
  </Link>
);

const CausedBy = ({ id, name }: { id: string; name: string }) => (
  <Link to={`/events/${id}`}>{name}</Link>
);

const For = ({ id, name, url }: { id: string; name: string | null; url: string }) => (
  <>
    <Link to={`/hooks/${id}`}>{name ?? url}</Link> alone
  </>
);

function Due({ at, status }: { at: string; status: string }) {
  return (
    <>
      <Moment at={at} />
      {status === "SCHEDULED" && (
        <>
          {" "}
          (<Countdown to={at} />)
        </>
      )}
    </>
  );
}
