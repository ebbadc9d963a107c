import type { ResultOf } from "gql.tada";
import { Plus } from "lucide-react";
import { Link, useLocation, useSearchParams } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { statusText } from "../ui/layout/Badge.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { TypedFilter } from "../ui/TypedFilter.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { Catalogs } from "./Catalogs.tsx";
import { pathOfType } from "./paths.ts";
import "./EventTypesPage.css";

const EventTypesDocument = graphql(`
  query EventTypes($after: String, $search: String) {
    eventTypes(first: 50, after: $after, search: $search) {
      nodes { id name description origin catalog version lastSeenAt }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Row = ResultOf<typeof EventTypesDocument>["eventTypes"]["nodes"][number];

const columns: Column<Row>[] = [
  {
    title: "Type",
    cell: ({ name }) => (
      <Link to={pathOfType(name)} className="cover mono">
        {name}
      </Link>
    ),
  },
  {
    title: "Description",
    cell: ({ description }) => description && <span className="soft">{description}</span>,
  },
  { title: "Origin", cell: ({ origin, catalog }) => catalog ?? statusText(origin) },
  { title: "Version", isNumber: true, cell: ({ version }) => version },
  {
    title: "Last seen",
    isNumber: true,
    cell: ({ lastSeenAt }) =>
      lastSeenAt === null ? <span className="faint">None kept</span> : <Ago at={lastSeenAt} />,
  },
];

/** Every event type of the project. */
export function EventTypesPage() {
  const [params, setParams] = useSearchParams();
  const [, navigate] = useLocation();
  const search = params.get("search") ?? "";
  const place = usePlace(search);
  const { data, error, isLoading, refresh } = useLiveQuery(
    EventTypesDocument,
    { after: place.after, search: search || null },
    () => false,
  );
  const register = () => navigate("/types/new");
  const types = data?.eventTypes.nodes ?? [];
  return (
    <Page
      title="Event types"
      tools={
        <RoleButton needs="ADMIN" look="primary" onClick={register}>
          <Plus size={14} /> <span>New type</span>
        </RoleButton>
      }
    >
      <search className="types-filter">
        <TypedFilter
          label="Search name and description"
          value={search}
          isMain
          onChange={(value) => setParams(value === "" ? {} : { search: value }, { replace: true })}
        />
      </search>
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && types.length === 0 && (
        <Empty title={search === "" ? "No event types yet." : "No matching event types."}>
          Registration is optional. The data of registered types is validated.
        </Empty>
      )}
      {types.length > 0 && (
        <Table
          label="Event types"
          columns={columns}
          rows={types}
          to={({ name }) => pathOfType(name)}
        />
      )}
      {data && <Pager place={place} pageInfo={data.eventTypes.pageInfo} />}
      <Catalogs onInstalled={refresh} />
    </Page>
  );
}
