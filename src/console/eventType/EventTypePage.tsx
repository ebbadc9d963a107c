import { Send } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { LastAct } from "../audit/LastAct.tsx";
import { graphql } from "../gql/graphql.ts";
import { standingOf } from "../hook/health/trouble.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { ArchiveType } from "./ArchiveType.tsx";
import { EmitByHand } from "./EmitByHand.tsx";
import { pathOfEdit } from "./paths.ts";
import { TypeEvents } from "./TypeEvents.tsx";
import { Versions } from "./versions/Versions.tsx";
import "./EventTypePage.css";

const EventTypeDocument = graphql(`
  query EventType($name: String!) {
    eventType(name: $name) {
      id name description origin catalog version schema jsonSchema example archivedAt
      versions { version createdAt }
      hooks(first: 20) { nodes { id name url status health } }
    }
  }
`);

const Charts = lazy(async () => ({
  default: (await import("../statistics/Charts.tsx")).Charts,
}));

/** One event type: its schema and its versions, its newest events, its hooks, and a button to emit it by hand. */
export function EventTypePage() {
  const [params] = useSearchParams();
  const name = params.get("name") ?? "";
  const { data, error, isLoading, refresh } = useLiveQuery(
    EventTypeDocument,
    { name },
    ({ __typename }) => __typename === "Hook",
  );
  const [isEmitting, setIsEmitting] = useState(false);
  const [, navigate] = useLocation();
  const type = data?.eventType;
  if (isLoading) return <Loading />;
  if (error && !type) return <Failure error={error} onRetry={refresh} />;
  if (!type) return <Empty title="Event type not found." />;
  const isOurs = type.origin === "CUSTOM";
  const tools = (
    <>
      <RoleButton needs="ADMIN" look="primary" onClick={() => setIsEmitting(true)}>
        <Send size={14} /> <span>Emit by hand</span>
      </RoleButton>
      {isOurs && (
        <RoleButton needs="ADMIN" onClick={() => navigate(pathOfEdit(name))}>
          New version
        </RoleButton>
      )}
      {isOurs && type.archivedAt === null && <ArchiveType name={name} onDone={refresh} />}
    </>
  );
  return (
    <Page
      title={name}
      back={{ to: "/types", label: "Event types" }}
      aside={<Badge state={type.archivedAt === null ? `VERSION ${type.version}` : "ARCHIVED"} />}
      tools={tools}
    >
      {type.description !== null && <p className="soft">{type.description}</p>}
      <LastAct id={type.id} />
      <div className="type-columns">
        <Section title="Schema">
          {type.schema === null ? (
            <p className="soft">None. Any data is valid.</p>
          ) : (
            <JsonTree value={type.schema} />
          )}
        </Section>
        <Section title="Example">
          {type.example === null ? (
            <p className="soft">None.</p>
          ) : (
            <JsonTree value={type.example} />
          )}
        </Section>
      </div>
      <TypeEvents type={name} />
      <Suspense fallback={<Loading />}>
        <Charts subject={{ type: name }} />
      </Suspense>
      <Section title="Hooks">
        {type.hooks.nodes.length === 0 && <p className="soft">No hook receives it.</p>}
        <ul className="type-list">
          {type.hooks.nodes.map((hook) => (
            <li key={hook.id} className="type-line">
              <Badge state={standingOf(hook)} />
              <Link to={`/hooks/${hook.id}`} className="line">
                {hook.name ?? hook.url}
              </Link>
            </li>
          ))}
        </ul>
      </Section>
      <Versions type={name} versions={type.versions} />
      {isEmitting && (
        <EmitByHand type={name} example={type.example} onClose={() => setIsEmitting(false)} />
      )}
    </Page>
  );
}
