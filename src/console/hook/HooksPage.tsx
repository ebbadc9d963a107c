import { Bell, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { NewAlert } from "../alert/NewAlert.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { onKey } from "../shell/keys.ts";
import { Button } from "../ui/Button.tsx";
import { Badge, statusText } from "../ui/layout/Badge.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { TypedFilter } from "../ui/TypedFilter.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { Health } from "./health/Health.tsx";
import { HookChart } from "./health/HookChart.tsx";
import { lastDay, sumOf } from "./health/hookHours.ts";
import { byTrouble, stateOf } from "./health/trouble.ts";
import { HookRow } from "./hookRow.ts";
import "./HooksPage.css";

const HooksDocument = graphql(
  `
  query Hooks($after: String, $status: [HookStatus!], $search: String, $isFailing: Boolean, $isFirst: Boolean!) {
    hooks(first: 50, after: $after, status: $status, search: $search, isFailing: $isFailing) {
      nodes { ...HookRow }
      pageInfo { hasNextPage endCursor }
    }
    failing: hooks(first: 50, status: $status, search: $search, isFailing: true) @include(if: $isFirst) {
      nodes { ...HookRow }
    }
  }
`,
  [HookRow],
);

const statuses = ["PENDING_VERIFICATION", "ACTIVE", "PAUSED", "DISABLED", "DELETED"] as const;

const columns: Column<HookRow>[] = [
  {
    title: "Hook",
    cell: ({ id, name, url }) => (
      <div className="hooks-name">
        <Link to={`/hooks/${id}`} className="cover">
          {name ?? url}
        </Link>
        {name !== null && (
          <span className="line faint" title={url}>
            {url}
          </span>
        )}
      </div>
    ),
  },
  { title: "State", cell: (hook) => <Badge state={stateOf(hook)} /> },
  {
    title: "Last 24 hours",
    cell: ({ hours }) => (
      <div className="hooks-day">
        <HookChart hours={hours} />
        <Health {...sumOf(lastDay(hours))} />
      </div>
    ),
  },
  {
    title: "Types",
    isExtra: true,
    cell: ({ types }) =>
      types.includes("*") ? (
        "All"
      ) : (
        <code title={types.join(", ")}>
          {types.slice(0, 2).join(", ")}
          {types.length > 2 && ` +${types.length - 2}`}
        </code>
      ),
  },
  {
    title: "Waiting",
    isNumber: true,
    cell: ({ waitingCount }) => <Count count={waitingCount} />,
  },
  {
    title: "Parked",
    isNumber: true,
    cell: ({ parkedCount }) => <Count count={parkedCount} />,
  },
  {
    title: "Last triggered",
    isNumber: true,
    cell: ({ lastTriggeredAt }) =>
      lastTriggeredAt === null ? (
        <span className="faint">Never</span>
      ) : (
        <Ago at={lastTriggeredAt} />
      ),
  },
];

function Count({ count }: { count: number }) {
  return count === 0 ? <span className="faint">0</span> : count.toLocaleString();
}

/** All hooks and their health. */
export function HooksPage() {
  const [params, setParams] = useSearchParams();
  const [, navigate] = useLocation();
  const [isAlerting, setIsAlerting] = useState(false);
  const search = params.get("search") ?? "";
  const status = statuses.find((it) => it === params.get("status"));
  const isFailing = params.get("failing") === "yes";
  const place = usePlace(params.toString());
  const { data, error, isLoading, refresh } = useLiveQuery(
    HooksDocument,
    {
      after: place.after,
      search: search || null,
      status: status ? [status] : null,
      isFailing: isFailing || null,
      // On later pages they would come again.
      isFirst: place.after === null && !isFailing,
    },
    ({ __typename }) => __typename === "Hook" || __typename === "Delivery",
  );
  useEffect(() => onKey("n", () => navigate("/hooks/new")), [navigate]);
  const change = (name: string, value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const create = (
    <RoleButton needs="ADMIN" look="primary" onClick={() => navigate("/hooks/new")}>
      <Plus size={14} /> <span>New hook</span>
    </RoleButton>
  );
  const tools = (
    <>
      <RoleButton needs="ADMIN" onClick={() => setIsAlerting(true)}>
        <Bell size={14} /> <span>New alert</span>
      </RoleButton>
      {create}
    </>
  );
  // Those that fail now come first, wherever in the list they are; then the page's.
  const found = [...(data?.failing?.nodes ?? []), ...(data?.hooks.nodes ?? [])];
  const hooks = byTrouble([...new Map(found.map((hook) => [hook.id, hook])).values()]);
  const isFiltered = search !== "" || status !== undefined || isFailing;
  return (
    <Page title="Hooks" tools={tools}>
      <search className="hooks-filters">
        <TypedFilter
          label="Search name and URL"
          value={search}
          isMain
          onChange={(value) => change("search", value)}
        />
        <select
          aria-label="Status"
          value={status ?? ""}
          onChange={(event) => change("status", event.target.value)}
        >
          <option value="">All except deleted</option>
          {statuses.map((it) => (
            <option key={it} value={it}>
              {statusText(it)}
            </option>
          ))}
        </select>
        <Button
          aria-pressed={isFailing}
          title="More failed than successful calls in this hour and the previous one"
          onClick={() => change("failing", isFailing ? "" : "yes")}
        >
          Failing
        </Button>
      </search>
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && hooks.length === 0 && (
        <Empty title={isFiltered ? "No matching hooks." : "No hooks yet."}>
          {!isFiltered && <p>A hook POSTs matching events to your URL.</p>}
          {!isFiltered && create}
        </Empty>
      )}
      {hooks.length > 0 && (
        <Table label="Hooks" columns={columns} rows={hooks} to={({ id }) => `/hooks/${id}`} />
      )}
      {data && <Pager place={place} pageInfo={data.hooks.pageInfo} />}
      {isAlerting && <NewAlert onClose={() => setIsAlerting(false)} />}
    </Page>
  );
}
