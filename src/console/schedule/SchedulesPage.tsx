import type { ResultOf } from "gql.tada";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { base } from "../base.ts";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { Ago, Moment } from "../ui/time/Time.tsx";
import { NewSchedule } from "./NewSchedule.tsx";
import { ScheduleTools } from "./ScheduleTools.tsx";
import "./SchedulesPage.css";

const SchedulesDocument = graphql(`
  query Schedules($after: String) {
    eventSchedules(first: 50, after: $after) {
      nodes {
        id name cron timeZone event status nextRuns lastRunAt lastError missedRuns
        lastEvent { id }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Row = ResultOf<typeof SchedulesDocument>["eventSchedules"]["nodes"][number];

/** The type of the event that it emits. */
const typeOf = ({ event }: Row): string => {
  const { type, name } = event as { type?: string; name?: string };
  return type ?? name ?? "";
};

function LastRun({ lastRunAt, lastEvent, lastError, missedRuns }: Row) {
  const when = lastRunAt ? <Ago at={lastRunAt} /> : <span className="faint">Never</span>;
  return (
    <>
      {lastEvent ? <Link to={`/events/${lastEvent.id}`}>{when}</Link> : when}
      {lastError && <span className="schedule-note schedule-error">{lastError}</span>}
      {missedRuns > 0 && <span className="schedule-note faint">{missedRuns} missed</span>}
    </>
  );
}

const columns: Column<Row>[] = [
  { title: "Schedule", cell: ({ name }) => name },
  { title: "Status", cell: ({ status }) => <Badge state={status} /> },
  { title: "Event type", cell: (row) => <code>{typeOf(row)}</code> },
  {
    title: "Cron",
    cell: ({ cron, timeZone }) => (
      <>
        <code>{cron}</code> <span className="faint">{timeZone}</span>
      </>
    ),
  },
  {
    title: "Next runs",
    cell: ({ nextRuns }) =>
      nextRuns.map((at) => (
        <span key={at} className="schedule-note">
          <Moment at={at} />
        </span>
      )),
  },
  { title: "Last run", cell: (row) => <LastRun {...row} /> },
];

/** All schedules: when they run next, and what became of their last run. */
export function SchedulesPage() {
  const may = useMay();
  const [isNew, setIsNew] = useState(false);
  const place = usePlace("");
  const { data, error, isLoading, refresh } = useLiveQuery(
    SchedulesDocument,
    { after: place.after },
    ({ __typename }) => __typename === "Event",
  );
  const schedules = data?.eventSchedules.nodes ?? [];
  const close = () => {
    setIsNew(false);
    refresh();
  };
  const tools: Column<Row> = { title: "Actions", cell: (row) => <ScheduleTools {...row} /> };
  return (
    <Page
      title="Schedules"
      tools={
        <RoleButton needs="ADMIN" look="primary" onClick={() => setIsNew(true)}>
          <Plus size={14} /> <span>New schedule</span>
        </RoleButton>
      }
    >
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && schedules.length === 0 && (
        <Empty title="No schedules yet.">
          <p>
            A schedule emits an event again and again, by{" "}
            <a href={`${base}/docs/schedules#again-and-again`}>cron</a>, in a time zone.
          </p>
        </Empty>
      )}
      {schedules.length > 0 && (
        <RoleNote needs="OPERATOR" what="Pausing, resuming or running a schedule" />
      )}
      {schedules.length > 0 && (
        <Table
          label="Schedules"
          columns={may.operate ? [...columns, tools] : columns}
          rows={schedules}
        />
      )}
      {data && <Pager place={place} pageInfo={data.eventSchedules.pageInfo} />}
      {isNew && <NewSchedule onClose={close} />}
    </Page>
  );
}
