import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import {
  everyone,
  operationRoles,
  roleRejection,
  rolesOfOperation,
} from "../../domain/project/roles.ts";
import type { Role } from "../builder/context.ts";
import { requestError } from "./requestError.ts";

/** All fields that an EMITTER may read: its project and key, and an event's own fields. */
const emitterSees: Readonly<Record<string, readonly string[]>> = {
  Query: ["viewer"],
  Mutation: ["emitEvent", "emitEvents", "runEvent"],
  Viewer: ["project", "key"],
  Project: ["id", "name", "slug", "source", "requireRegisteredTypes", "systemEvents", "createdAt"],
  ApiKey: ["id", "name", "role", "prefix", "createdAt", "lastUsedAt", "revokedAt"],
  EmitEventPayload: ["event", "isDuplicate", "userErrors"],
  EmitEventsPayload: ["duplicates", "events", "userErrors"],
  RunEventPayload: ["event", "userErrors"],
  UserError: ["code", "message", "path"],
  Subject: ["type", "id"],
  Node: ["id"],
  Event: [
    "id",
    "type",
    "typeVersion",
    "data",
    "source",
    "name",
    "avatar",
    "category",
    "contentType",
    "content",
    "userId",
    "subject",
    "contextId",
    "stepUuid",
    "idempotencyKey",
    "traceId",
    "uid",
    "channels",
    "tags",
    "origin",
    "occurredAt",
    "scheduledFor",
    "receivedAt",
    "status",
    "error",
    "expungedAt",
    "broadcast",
    "expungedBy",
    "cloudEvent",
    "actions",
  ],
  Action: [
    "id",
    "key",
    "url",
    "buttonText",
    "external",
    "meta",
    "expireIn",
    "expiresAt",
    "repeat",
    "style",
    "status",
    "completedAt",
    "lastError",
  ],
};

/** Throws at startup if a root field has no roles. */
export function assertRolesComplete(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
  );
  const missing = fields.filter((field) => !Object.hasOwn(operationRoles, field));
  if (missing.length > 0) {
    throw new Error(`src/domain/project/roles.ts defines no roles for ${missing.join(", ")}`);
  }
}

const isRoot = (type: string) => type === "Query" || type === "Mutation" || type === "Subscription";

function rolesOf(type: string, field: string): readonly Role[] {
  const roles = isRoot(type) ? rolesOfOperation(`${type}.${field}`) : everyone;
  return emitterSees[type]?.includes(field) ? roles : roles.filter((role) => role !== "EMITTER");
}

/** The operation and every fragment it reaches. */
function reachable(document: DocumentNode, operation: OperationDefinitionNode) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const found = new Set<OperationDefinitionNode | FragmentDefinitionNode>([operation]);
  // Iterating a Set also visits elements that are added meanwhile.
  for (const node of found) {
    visit(node, {
      FragmentSpread(spread) {
        const fragment = fragments.get(spread.name.value);
        if (fragment) found.add(fragment);
      },
    });
  }
  return found;
}

function findForbidden(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  role: Role,
): GraphQLError | null {
  let forbidden: GraphQLError | null = null;
  for (const definition of reachable(document, operation)) {
    const typeInfo = new TypeInfo(schema);
    const visitor = visitWithTypeInfo(typeInfo, {
      Field(node) {
        const field = node.name.value;
        // Every key may introspect the schema.
        if (field.startsWith("__")) return false;
        const type = typeInfo.getParentType()?.name ?? "";
        const roles = rolesOf(type, field);
        if (roles.includes(role)) return undefined;
        forbidden ??= requestError("FORBIDDEN", roleRejection(`${type}.${field}`, roles, role));
        return false;
      },
    });
    visit(definition, visitor);
  }
  return forbidden;
}

const verdicts = new WeakMap<OperationDefinitionNode, Map<Role, GraphQLError | null>>();

/**
 * Returns FORBIDDEN if the operation uses a field that the role may not. The document must be
 * validated before.
 */
export function checkRole(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  role: Role,
): GraphQLError | null {
  const byRole = verdicts.get(operation) ?? new Map<Role, GraphQLError | null>();
  verdicts.set(operation, byRole);
  const known = byRole.get(role);
  if (known !== undefined) return known;
  const verdict = findForbidden(schema, document, operation, role);
  byRole.set(role, verdict);
  return verdict;
}
