import type { ResultOf } from "gql.tada";
import { useQuery } from "urql";
import { pathOfType } from "../eventType/paths.ts";
import { graphql } from "../gql/graphql.ts";
import type { Command } from "./command.ts";

const NamedDocument = graphql(`
  query PaletteNames($search: String!) {
    hooks(first: 6, search: $search) { nodes { id name url } }
    eventTypes(first: 4, search: $search) { nodes { id name } }
  }
`);

const IdDocument = graphql(`
  query PaletteId($id: ID!) {
    node(id: $id) {
      __typename
      ... on Event { id name }
      ... on Delivery { id event { name } }
      ... on Hook { id hookName: name url }
      ... on Workflow { id title: name }
      ... on WorkflowRun { id }
    }
  }
`);

type Found = ResultOf<typeof IdDocument>["node"] | undefined;

/** The page of what has an id. */
function ofId(node: Found): Command[] {
  switch (node?.__typename) {
    case "Event":
      return [{ id: node.id, label: node.name, detail: "Event", to: `/events/${node.id}` }];
    case "Delivery": {
      const label = `Delivery of ${node.event.name}`;
      return [{ id: node.id, label, to: `/deliveries/${node.id}` }];
    }
    case "Hook": {
      const label = node.hookName ?? node.url;
      return [{ id: node.id, label, detail: "Hook", to: `/hooks/${node.id}` }];
    }
    case "Workflow":
      return [{ id: node.id, label: node.title, detail: "Workflow", to: `/workflows/${node.id}` }];
    case "WorkflowRun":
      return [{ id: node.id, label: "Run of a workflow", to: `/runs/${node.id}` }];
    default:
      return [];
  }
}

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Hooks and event types by their name, or the one thing that has an id. */
export function useFound(text: string): { found: Command[]; isSearching: boolean } {
  const isOfId = isId(text);
  const [named] = useQuery({
    query: NamedDocument,
    variables: { search: text },
    pause: text === "" || isOfId,
    requestPolicy: "cache-and-network",
  });
  const [one] = useQuery({ query: IdDocument, variables: { id: text }, pause: !isOfId });
  if (isOfId) return { found: ofId(one.data?.node), isSearching: one.fetching };
  if (text === "") return { found: [], isSearching: false };
  const hooks = named.data?.hooks.nodes ?? [];
  const types = named.data?.eventTypes.nodes ?? [];
  return {
    isSearching: named.fetching,
    found: [
      ...hooks.map(({ id, name, url }) => ({
        id,
        label: name ?? url,
        detail: name === null ? "Hook" : `Hook, ${url}`,
        to: `/hooks/${id}`,
      })),
      ...types.map(({ id, name }) => ({
        id,
        label: name,
        detail: "Event type",
        to: pathOfType(name),
      })),
    ],
  };
}
