import { useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { DeleteResource } from "./DeleteResource.tsx";
import { pathOfEdit, pathOfType } from "./paths.ts";
import { ResourceEvents } from "./ResourceEvents.tsx";

const ResourceDocument = graphql(`
  query Resource($type: String!, $id: String!) {
    resource(type: $type, resourceId: $id) {
      id type resourceId version createdAt updatedAt representation
    }
  }
`);

/** Levels above the attributes: the plural, its list, the resource. */
const ATTRIBUTES = 3;

/** One resource: what hooks receive, and the events about it. */
export function ResourcePage() {
  const [params] = useSearchParams();
  const type = params.get("type") ?? "";
  const id = params.get("id") ?? "";
  const [isDeleting, setIsDeleting] = useState(false);
  const [, navigate] = useLocation();
  const { data, error, isLoading, refresh } = useLiveQuery(
    ResourceDocument,
    { type, id },
    ({ __typename }) => __typename === "Resource",
  );
  const resource = data?.resource;
  if (isLoading) return <Loading />;
  if (error && !resource) return <Failure error={error} onRetry={refresh} />;
  const back = { to: pathOfType(type), label: type };
  const events = <ResourceEvents type={type} id={id} />;
  if (!resource) {
    return (
      <Page title={id} back={back}>
        <Empty title="Resource not found.">
          It may have been deleted, or exist only in events.
        </Empty>
        {events}
      </Page>
    );
  }
  const tools = (
    <>
      <RoleButton needs="ADMIN" onClick={() => navigate(pathOfEdit(type, id))}>
        Edit
      </RoleButton>
      <RoleButton needs="ADMIN" look="danger" onClick={() => setIsDeleting(true)}>
        Delete
      </RoleButton>
    </>
  );
  return (
    <Page
      title={id}
      back={back}
      aside={<Badge state={`VERSION ${resource.version}`} />}
      tools={tools}
    >
      <Facts
        facts={[
          ["Type", <code key="type">{type}</code>],
          ["Created", <Moment key="created" at={resource.createdAt} />],
          [
            "Updated",
            resource.version > 1 ? <Moment key="changed" at={resource.updatedAt} /> : null,
          ],
        ]}
      />
      <Section title="Representation">
        <p className="soft">What hooks receive that send the resource itself.</p>
        <JsonTree value={resource.representation} open={ATTRIBUTES} />
      </Section>
      {events}
      {isDeleting && <DeleteResource type={type} id={id} onClose={() => setIsDeleting(false)} />}
    </Page>
  );
}
