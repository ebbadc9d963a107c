/** What the log is filtered by: whole names, and an object's id. Empty for all. */
export type AuditFilter = { actor: string; action: string; entityId: string };

/** The parts of a filter by their names in the address. */
export const filterParts = { actor: "actor", action: "action", entityId: "entity" } as const;

export const filterOf = (params: URLSearchParams): AuditFilter => ({
  actor: params.get(filterParts.actor) ?? "",
  action: params.get(filterParts.action) ?? "",
  entityId: params.get(filterParts.entityId) ?? "",
});

/** The address of the log of one object. */
export const pathOfObject = (id: string): string =>
  `/audit?${new URLSearchParams({ [filterParts.entityId]: id })}`;

/** The filter as variables of the API. */
export const variablesOf = ({ actor, action, entityId }: AuditFilter) => ({
  actor: actor || null,
  action: action || null,
  entityId: entityId || null,
});
