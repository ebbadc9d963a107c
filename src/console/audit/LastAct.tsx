import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Moment } from "../ui/time/Time.tsx";
import { actionWords } from "./actionWords.ts";
import { pathOfObject } from "./auditFilter.ts";

const LastActDocument = graphql(`
  query LastAct($id: ID!) {
    auditLog(entityId: $id, first: 1) { nodes { id at actor action } }
  }
`);

/** Who did something to an object last; nothing for a key that may not read the audit log. */
export function LastAct({ id }: { id: string }) {
  return useMay().operate ? <Act id={id} /> : null;
}

function Act({ id }: { id: string }) {
  const { data } = useLiveQuery(LastActDocument, { id }, (changed) => changed.id === id);
  const entry = data?.auditLog.nodes[0];
  if (!entry) return null;
  const { verb } = actionWords(entry.action);
  return (
    <p className="soft">
      <Link to={pathOfObject(id)}>
        {verb.charAt(0).toUpperCase() + verb.slice(1)} by {entry.actor}
      </Link>
      , <Moment at={entry.at} />
    </p>
  );
}
