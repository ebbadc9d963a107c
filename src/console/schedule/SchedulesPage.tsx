import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { base } from "../base.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { cronText } from "./cronText.ts";
import { RunTime } from "./RunTime.tsx";
import { ScheduleDialog } from "./ScheduleDialog.tsx";
import { ScheduleTools } from "./ScheduleTools.tsx";
import { eventOf, type ScheduleRow, SchedulesDocument } from "./scheduleRow.ts";
import "./SchedulesPage.css";

function LastRun({ lastRunAt, lastEvent, lastError, missedRuns }: ScheduleRow) {
  const when = lastRunAt ? <Ago at={lastRunAt} /> : <span className="faint">Never</span>;
  return (
    <div className="schedule-cell">
      {lastEvent ? <Link to={`/events/${lastEvent.id}`}>{when}</Link> : when}
      {lastError && <span className="schedule-note schedule-error">{lastError}</span>}
      {missedRuns > 0 && <span className="schedule-note faint">{missedRuns} missed</span>}
    </div>
  );
}

const columns: Column<ScheduleRow>[] = [
  {
    title: "Schedule",
    cell: (row) => (
      <div>
        <span className="schedule-note">{row.name}</span>
        <code className="schedule-note faint">{eventOf(row).type}</code>
      </div>
    ),
  },
  { title: "Status", cell: ({ status }) => <Badge state={status} /> },
  {
    title: "Cron",
    cell: ({ cron, timeZone }) => (
      <div className="schedule-cell">
        {cronText(cron)}
        <span className="schedule-note faint">
          <code>{cron}</code> {timeZone}
        </span>
      </div>
    ),
  },
  {
    title: "Next runs",
    cell: ({ nextRuns }) => (
      <div className="schedule-cell schedule-runs">
        {nextRuns.map((at) => (
          <span key={at} className="schedule-note">
            <RunTime at={at} />
          </span>
        ))}
      </div>
    ),
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
  const tools: Column<ScheduleRow> = {
    title: "Actions",
    cell: (row) => <ScheduleTools schedule={row} />,
  };
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
      {isNew && <ScheduleDialog given={null} onClose={close} />}
    </Page>
  );
}
