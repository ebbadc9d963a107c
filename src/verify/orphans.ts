import type { Sql } from "../db/connection/client.ts";
import type { Fragment } from "../db/page/page.ts";
import { type Check, inScope, isKept, reportRows, type Scope } from "./check.ts";

/** A reference: rows named `c` that must have an owner row named `p`. */
type Reference = {
  what: string;
  rows(sql: Sql): Fragment;
  /** The row's identity, as text. */
  id(sql: Sql): Fragment;
  owner: string;
  owners(sql: Sql): Fragment;
  ownerId(sql: Sql): Fragment;
  /** Which of the rows are checked; all when absent. */
  only?(sql: Sql, scope: Scope): Fragment;
};

const ownId = (sql: Sql) => sql`c.id`;
const eventId = (sql: Sql) => sql`c.event_id`;
const events = (sql: Sql) => sql`signalbox.events`;
const hooks = (sql: Sql) => sql`signalbox.hooks`;

const references: Reference[] = [
  {
    ...{ what: "delivery", rows: (sql) => sql`signalbox.deliveries`, id: ownId },
    ...{ owner: "event", owners: events, ownerId: eventId },
  },
  {
    ...{ what: "delivery", rows: (sql) => sql`signalbox.deliveries`, id: ownId },
    ...{ owner: "hook", owners: hooks, ownerId: (sql) => sql`c.hook_id` },
  },
  {
    ...{ what: "delivery", rows: (sql) => sql`signalbox.deliveries`, id: ownId },
    ...{
      owner: "run",
      owners: (sql) => sql`signalbox.workflow_runs`,
      ownerId: (sql) => sql`c.run_id`,
    },
    only: (sql) => sql`c.run_id is not null`,
  },
  {
    ...{ what: "run", rows: (sql) => sql`signalbox.workflow_runs`, id: ownId },
    ...{ owner: "event", owners: events, ownerId: eventId },
  },
  {
    ...{ what: "run", rows: (sql) => sql`signalbox.workflow_runs`, id: ownId },
    ...{
      owner: "workflow",
      owners: (sql) => sql`signalbox.workflows`,
      ownerId: (sql) => sql`c.workflow_id`,
    },
  },
  {
    ...{
      what: "step",
      rows: (sql) => sql`signalbox.step_runs`,
      id: (sql) => sql`c.run_id || ':' || c.position`,
    },
    ...{
      owner: "run",
      owners: (sql) => sql`signalbox.workflow_runs`,
      ownerId: (sql) => sql`c.run_id`,
    },
  },
  {
    ...{
      what: "step",
      rows: (sql) => sql`signalbox.step_runs`,
      id: (sql) => sql`c.run_id || ':' || c.position`,
    },
    ...{
      owner: "delivery",
      owners: (sql) => sql`signalbox.deliveries`,
      ownerId: (sql) => sql`c.delivery_id`,
    },
    // Retention removes an event's deliveries before its runs.
    only: (sql, scope) =>
      sql`c.delivery_id is not null and ${isKept(sql, scope, sql`c.started_at`)}`,
  },
  {
    ...{ what: "action", rows: (sql) => sql`signalbox.actions`, id: ownId },
    ...{ owner: "event", owners: events, ownerId: eventId },
  },
  {
    ...{ what: "press", rows: (sql) => sql`signalbox.presses`, id: ownId },
    ...{
      owner: "action",
      owners: (sql) => sql`signalbox.actions`,
      ownerId: (sql) => sql`c.action_id`,
    },
  },
  {
    ...{ what: "body as sent", rows: (sql) => sql`signalbox.event_bodies`, id: eventId },
    ...{ owner: "event", owners: events, ownerId: eventId },
  },
  {
    ...{ what: "resource as sent", rows: (sql) => sql`signalbox.event_resources`, id: eventId },
    ...{ owner: "event", owners: events, ownerId: eventId },
  },
  {
    ...{ what: "counters", rows: (sql) => sql`signalbox.hook_stats`, id: (sql) => sql`c.hook_id` },
    ...{ owner: "hook", owners: hooks, ownerId: (sql) => sql`c.hook_id` },
  },
  {
    ...{
      what: "chunk",
      rows: (sql) => sql`signalbox.replay_chunks`,
      id: (sql) => sql`c.replay_id || ':' || c.number`,
    },
    ...{
      owner: "replay",
      owners: (sql) => sql`signalbox.replays`,
      ownerId: (sql) => sql`c.replay_id`,
    },
  },
  {
    // Events are kept for at least 24 hours, and keys for at most 24: an event accepted under a key must exist.
    ...{
      what: "idempotency key",
      rows: (sql) => sql`signalbox.idempotency_keys`,
      id: (sql) => sql`c.key`,
    },
    ...{ owner: "event", owners: events, ownerId: eventId },
    only: (sql) => sql`c.scope = '' and c.created_at > now() - interval '23 hours'`,
  },
];

const hasOwner = ({ what, rows, id, owner, owners, ownerId, only }: Reference): Check => ({
  name: "orphan",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`c.project_id`,
      id: id(sql),
      says: sql`format('%s of %s %s, which does not exist', ${what}::text, ${owner}::text, ${ownerId(sql)})`,
      from: sql`${rows(sql)} c where ${inScope(sql, scope, sql`c.project_id`)}
        and ${only?.(sql, scope) ?? sql`true`}
        and not exists (select from ${owners(sql)} p where p.project_id = c.project_id and p.id = ${ownerId(sql)})`,
    }),
});

/** An attempt belongs to a delivery or to a press. */
const attempts: Check = {
  name: "orphan",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`c.project_id`,
      id: sql`c.delivery_id || ' #' || c.number`,
      says: sql`'attempt of a delivery or press that does not exist'`,
      from: sql`signalbox.attempts c where ${inScope(sql, scope, sql`c.project_id`)}
        and not exists (select from signalbox.deliveries d where d.project_id = c.project_id and d.id = c.delivery_id)
        and not exists (select from signalbox.presses p where p.project_id = c.project_id and p.id = c.delivery_id)`,
    }),
};

/** Checks that the owner of every row exists. */
export const orphanChecks: Check[] = [...references.map(hasOwner), attempts];
