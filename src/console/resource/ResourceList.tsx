import type { ResultOf } from "gql.tada";
import { Link } from "wouter";
import { graphql, type Json } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { counted } from "../ui/counted.ts";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { pathOfResource } from "./paths.ts";

const ResourcesDocument = graphql(`
  query Resources($type: String!, $after: String) {
    resources(type: $type, first: 25, after: $after) {
      nodes { id type resourceId attributes version updatedAt }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Row = ResultOf<typeof ResourcesDocument>["resources"]["nodes"][number];

/** Maximum length of the attributes in a row. */
const GLANCE = 120;

/** The attributes as words: those inside others are counted. */
function glanceOf(attributes: Json): string {
  const words = Object.entries(attributes ?? {}).map(([name, value]) => {
    if (typeof value !== "object" || value === null) return `${name}: ${value}`;
    const count = Object.keys(value).length;
    return `${name}: ${counted(count, "value")}`;
  });
  const glance = words.join(" · ");
  return glance.length > GLANCE ? `${glance.slice(0, GLANCE)}…` : glance;
}

const columns: Column<Row>[] = [
  {
    title: "Id",
    cell: ({ type, resourceId }) => (
      <Link to={pathOfResource(type, resourceId)} className="cover mono">
        {resourceId}
      </Link>
    ),
  },
  {
    title: "Attributes",
    cell: ({ attributes }) => (
      <span className="resource-glance line soft">{glanceOf(attributes)}</span>
    ),
  },
  { title: "Version", isNumber: true, cell: ({ version }) => version },
  { title: "Updated", isNumber: true, cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

/** The resources of a type except deleted ones, newest first. */
export function ResourceList({ type }: { type: string }) {
  const place = usePlace(type);
  const { data, error, isLoading, refresh } = useLiveQuery(
    ResourcesDocument,
    { type, after: place.after },
    ({ __typename }) => __typename === "Resource",
  );
  const resources = data?.resources.nodes ?? [];
  return (
    <>
      {isLoading && <Loading rows={4} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && resources.length === 0 && <p className="soft">No resources of this type yet.</p>}
      {resources.length > 0 && (
        <Table
          label={`Resources: ${type}`}
          columns={columns}
          rows={resources}
          to={(row) => pathOfResource(row.type, row.resourceId)}
        />
      )}
      {data && <Pager place={place} pageInfo={data.resources.pageInfo} />}
    </>
  );
}
