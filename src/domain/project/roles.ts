import type { Role } from "../../db/project/apiKeys.ts";

export const everyone: readonly Role[] = ["ADMIN", "EMITTER", "OPERATOR", "VIEWER"];
const emitters: readonly Role[] = ["ADMIN", "EMITTER"];
const readers: readonly Role[] = ["ADMIN", "OPERATOR", "VIEWER"];
const operators: readonly Role[] = ["ADMIN", "OPERATOR"];
const admins: readonly Role[] = ["ADMIN"];

/**
 * The roles that may use each operation. Operations are named after the root fields of the GraphQL
 * schema; another door names the one that it stands for. One that is not listed is forbidden to all.
 */
export const operationRoles = {
  "Query.action": readers,
  "Query.apiKeys": admins,
  "Query.auditLog": operators,
  "Query.catalogs": readers,
  "Query.deliveries": readers,
  "Query.delivery": readers,
  "Query.event": readers,
  "Query.eventSchedule": readers,
  "Query.eventSchedules": readers,
  "Query.eventType": readers,
  "Query.eventTypes": readers,
  "Query.events": readers,
  "Query.feedCursor": readers,
  "Query.hub": readers,
  "Query.hook": readers,
  "Query.hookByName": readers,
  "Query.hooks": readers,
  "Query.node": readers,
  "Query.overview": readers,
  "Query.previewHook": readers,
  "Query.previewSchedule": readers,
  "Query.previewWorkflow": readers,
  "Query.readEvent": readers,
  "Query.replay": readers,
  "Query.run": readers,
  "Query.resource": readers,
  "Query.resourceTypes": readers,
  "Query.resources": readers,
  "Query.statistics": readers,
  "Query.validateEvent": readers,
  "Query.viewer": everyone,
  "Query.workflow": readers,
  "Query.workflows": readers,
  "Mutation.archiveEventType": admins,
  "Mutation.backfillHook": operators,
  "Mutation.cancelEvent": admins,
  "Mutation.cancelReplay": operators,
  "Mutation.confirmHook": admins,
  "Mutation.createApiKey": admins,
  "Mutation.createWorkflow": admins,
  "Mutation.createResource": admins,
  "Mutation.deleteEventSchedule": admins,
  "Mutation.deleteHook": admins,
  "Mutation.deleteResource": admins,
  "Mutation.emitEvent": emitters,
  "Mutation.emitEvents": emitters,
  "Mutation.enableHook": operators,
  "Mutation.expungeEvent": admins,
  "Mutation.expungeUser": admins,
  "Mutation.installCatalog": admins,
  "Mutation.installWorkflow": admins,
  "Mutation.pauseEventSchedule": operators,
  "Mutation.pauseHook": operators,
  "Mutation.pauseWorkflow": admins,
  "Mutation.pressAction": operators,
  "Mutation.registerEventType": admins,
  "Mutation.registerHook": admins,
  "Mutation.releaseBlockedKey": operators,
  "Mutation.releaseWorkflow": admins,
  "Mutation.registerResourceType": admins,
  "Mutation.replayDeliveries": operators,
  "Mutation.rerunWorkflow": operators,
  "Mutation.rescheduleEvent": admins,
  "Mutation.resumeEventSchedule": operators,
  "Mutation.resumeHook": operators,
  "Mutation.retryDelivery": operators,
  "Mutation.revokeApiKey": admins,
  "Mutation.rotateHookSecret": admins,
  "Mutation.rotateSigningSecret": admins,
  "Mutation.runEvent": emitters,
  "Mutation.runEventSchedule": operators,
  "Mutation.scheduleEvents": admins,
  "Mutation.testHook": operators,
  "Mutation.triggerHook": admins,
  "Mutation.uninstallWorkflow": admins,
  "Mutation.updateEventSchedule": admins,
  "Mutation.updateHook": admins,
  "Mutation.updateProject": admins,
  "Mutation.updateWorkflow": admins,
  "Mutation.updateResource": admins,
  "Subscription.actionUpdated": readers,
  "Subscription.activity": readers,
  "Subscription.deliveryUpdated": readers,
  "Subscription.eventEmitted": readers,
  "Subscription.eventUpdated": readers,
  "Subscription.hookUpdated": readers,
  "Subscription.replayUpdated": readers,
  "Subscription.runUpdated": readers,
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type OperationName = keyof typeof operationRoles;

/** The roles that may use an operation; none when nobody may. */
export const rolesOfOperation = (name: string): readonly Role[] =>
  Object.hasOwn(operationRoles, name) ? operationRoles[name as OperationName] : [];

/** What a key is told whose role is not among those that may use `what`. */
export function roleRejection(what: string, roles: readonly Role[], role: Role): string {
  const needed = roles.length > 0 ? roles.join(" or ") : "another role";
  return `${what} needs the role ${needed}; this key has ${role}.`;
}
