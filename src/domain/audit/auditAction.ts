import type { OperationName } from "../project/roles.ts";

type NameOf<Operation> = Operation extends `Mutation.${infer Name}` ? Name : never;
type MutationName = NameOf<OperationName>;

/**
 * Mutations that write data, not configuration, as often as the callers' own systems please. Each leaves an event, which
 * is its record.
 */
export const unauditedMutations = [
  "createResource",
  "deleteResource",
  "emitEvent",
  "emitEvents",
  "runEvent",
  "updateResource",
] as const satisfies MutationName[];

type Unaudited = (typeof unauditedMutations)[number];

/** What an entry reports: a mutation by its name, or what has no mutation. */
export type AuditAction =
  | Exclude<MutationName, Unaudited>
  // The hub's own.
  | "disableHook"
  // The command line's, and the first start's.
  | "createProject"
  // The Svix-compatible API's.
  | "createApplication"
  | "deleteApplication"
  | "updateApplication";

/** Whether an operation (roles.ts) leaves entries. */
export const isAudited = (operation: string): boolean =>
  operation.startsWith("Mutation.") &&
  !unauditedMutations.some((name) => operation === `Mutation.${name}`);
