import type { ResultOf } from "gql.tada";
import { pathOfType } from "../eventType/paths.ts";
import { graphql } from "../gql/graphql.ts";

/** An entry as lists show it. */
export const AuditEntryRow = graphql(`
  fragment AuditEntryRow on AuditEntry {
    id at actor action entityType entityId before after requestId
    entity {
      __typename
      ... on Hook { name url }
      ... on EventType { typeName: name }
      ... on Workflow { title: name }
      ... on EventSchedule { title: name }
      ... on Project { title: name }
      ... on Installation { userId workflow { id title: name } }
      ... on ResourceType { title: name }
      ... on ApiKey { title: name }
      ... on Action { buttonText event { id } }
      ... on Delivery { event { id type } }
      ... on Event { type }
    }
  }
`);
export type AuditEntryRow = ResultOf<typeof AuditEntryRow>;

/** What an entry is about: its name, and its page if it has one. */
export function objectOf({ entity, entityId, before, after }: AuditEntryRow): {
  name: string | null;
  to: string | null;
} {
  const id = entityId ?? "";
  switch (entity?.__typename) {
    case "Hook":
      return { name: entity.name ?? entity.url, to: `/hooks/${id}` };
    case "EventType":
      return { name: entity.typeName, to: pathOfType(entity.typeName) };
    case "Event":
      return { name: entity.type, to: `/events/${id}` };
    case "Delivery":
      return { name: entity.event.type, to: `/events/${entity.event.id}` };
    case "Action":
      return { name: entity.buttonText, to: `/events/${entity.event.id}` };
    case "Workflow":
      return { name: entity.title, to: `/workflows/${id}` };
    case "Installation": {
      const { workflow, userId } = entity;
      return { name: `${workflow.title} for ${userId}`, to: `/workflows/${workflow.id}` };
    }
    case "EventSchedule":
      return { name: entity.title, to: "/schedules" };
    case "ResourceType":
      return { name: entity.title, to: "/resources" };
    case "ApiKey":
    case "Project":
      return { name: entity.title, to: "/settings" };
    case "WorkflowRun":
      return { name: null, to: `/runs/${id}` };
    default:
      return installationIn(after) ?? { name: nameIn(after) ?? nameIn(before), to: null };
  }
}

/** For whom a workflow was installed, with the workflow's page. */
function installationIn(state: unknown) {
  const { workflowId, userId } = (state ?? {}) as { workflowId?: unknown; userId?: unknown };
  if (typeof workflowId !== "string" || typeof userId !== "string") return null;
  return { name: `for ${userId}`, to: `/workflows/${workflowId}` };
}

/** The name that something had which is gone. */
function nameIn(state: unknown): string | null {
  const { name, userId } = (state ?? {}) as { name?: unknown; userId?: unknown };
  const given = name ?? userId;
  return typeof given === "string" ? given : null;
}
