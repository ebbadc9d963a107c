import { useEffect, useState } from "react";
import { type Client, useClient } from "urql";
import { graphql, type Json } from "../gql/graphql.ts";
import { emptyScope, type Scope, scopeOfSchemas } from "../ui/code/scope.ts";

const SchemaDocument = graphql(`
  query EventTypeSchema($name: String!) {
    eventType(name: $name) { id jsonSchema archivedAt }
    viewer { project { id requireRegisteredTypes } }
  }
`);

const SchemasDocument = graphql(`
  query EventTypeSchemas($search: String) {
    eventTypes(first: 50, search: $search) { nodes { id name jsonSchema } }
  }
`);

/** Delay between the last keystroke and the requests. */
const TYPED_MS = 350;

/** What becomes of the events of a type that is not registered; null if it is, or if that is not known. */
type Unregistered = "accepted" | "rejected" | null;
type Found = { schemas: Json[]; unregistered: Unregistered };

/** The type of this name. It is asked for anew: it may have been registered since. */
async function findType(client: Client, name: string): Promise<Found> {
  const { data } = await client
    .query(SchemaDocument, { name }, { requestPolicy: "network-only" })
    .toPromise();
  const type = data?.eventType;
  const isRegistered = type && type.archivedAt === null;
  return {
    schemas: [type?.jsonSchema ?? null],
    unregistered:
      !data || isRegistered
        ? null
        : data.viewer.project.requireRegisteredTypes
          ? "rejected"
          : "accepted",
  };
}

/** The first 50 types of a pattern such as ticket.* */
async function findTypes(client: Client, pattern: string): Promise<Found> {
  const begin = pattern.slice(0, -1);
  const { data } = await client.query(SchemasDocument, { search: begin || null }).toPromise();
  const nodes = data?.eventTypes.nodes ?? [];
  const schemas = nodes.filter(({ name }) => name.startsWith(begin)).map((it) => it.jsonSchema);
  return { schemas, unregistered: null };
}

type Known = { types: string; scope: Scope; unregistered: Unregistered };

/**
 * What is known of these types, separated by commas or spaces, once typing rests: what their schemas say of the data of
 * their events, and of a single name whether it is registered.
 */
export function useTypes(types: string): { scope: Scope; unregistered: Unregistered } {
  const client = useClient();
  const [known, setKnown] = useState<Known>({ types, scope: emptyScope, unregistered: null });
  useEffect(() => {
    const names = types.split(/[\s,]+/).filter((name) => name !== "");
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const find = (name: string) => (name.endsWith("*") ? findTypes : findType)(client, name);
      const found = await Promise.all(names.map(find));
      if (!isCurrent) return;
      const scope = scopeOfSchemas(found.flatMap(({ schemas }) => schemas));
      const [first, ...others] = found;
      const unregistered = others.length === 0 ? (first?.unregistered ?? null) : null;
      setKnown({ types, scope, unregistered });
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, types]);
  // The schemas help until there are others, but it would be wrong to say this of another name.
  return { scope: known.scope, unregistered: known.types === types ? known.unregistered : null };
}
