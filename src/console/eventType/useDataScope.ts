import { useEffect, useState } from "react";
import { type Client, useClient } from "urql";
import { graphql, type Json } from "../gql/graphql.ts";
import { emptyScope, type Scope, scopeOfSchemas } from "../ui/code/scope.ts";

const SchemaDocument = graphql(`
  query EventTypeSchema($name: String!) {
    eventType(name: $name) { id jsonSchema }
  }
`);

const SchemasDocument = graphql(`
  query EventTypeSchemas($search: String) {
    eventTypes(first: 50, search: $search) { nodes { id name jsonSchema } }
  }
`);

/** Delay between the last keystroke and the requests. */
const TYPED_MS = 350;

/** The schemas of a type, or of the first 50 types of a pattern such as ticket.* */
async function schemasOf(client: Client, type: string): Promise<Json[]> {
  if (!type.endsWith("*")) {
    const { data } = await client.query(SchemaDocument, { name: type }).toPromise();
    return [data?.eventType?.jsonSchema ?? null];
  }
  const begin = type.slice(0, -1);
  const { data } = await client.query(SchemasDocument, { search: begin || null }).toPromise();
  const nodes = data?.eventTypes.nodes ?? [];
  return nodes.filter(({ name }) => name.startsWith(begin)).map((it) => it.jsonSchema);
}

/** What the schemas of these types, separated by commas or spaces, say of the data of their events. */
export function useDataScope(types: string): Scope {
  const client = useClient();
  const [scope, setScope] = useState(emptyScope);
  useEffect(() => {
    const names = types.split(/[\s,]+/).filter((name) => name !== "");
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const schemas = await Promise.all(names.map((name) => schemasOf(client, name)));
      if (isCurrent) setScope(scopeOfSchemas(schemas.flat()));
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, types]);
  return scope;
}
