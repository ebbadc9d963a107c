import { boundsOf, type TimeSpan } from "../ui/time/timeSpan.ts";

/** What the log is filtered by: whole names, an object's id, and a span of time. Empty for all. */
export type AuditFilter = TimeSpan & { actor: string; action: string; entityId: string };

/** The parts of a filter by their names in the address. */
export const filterParts = {
  actor: "actor",
  action: "action",
  entityId: "entity",
  time: "time",
  since: "since",
  until: "until",
} as const;

const parts = Object.entries(filterParts);

export const filterOf = (params: URLSearchParams): AuditFilter =>
  Object.fromEntries(parts.map(([part, name]) => [part, params.get(name) ?? ""])) as AuditFilter;

/** The address of the log of one object. */
export const pathOfObject = (id: string): string =>
  `/audit?${new URLSearchParams({ [filterParts.entityId]: id })}`;

/** The filter as variables of the API. */
export const variablesOf = ({ actor, action, entityId, ...span }: AuditFilter) => ({
  actor: actor || null,
  action: action || null,
  entityId: entityId || null,
  ...boundsOf(span),
});
