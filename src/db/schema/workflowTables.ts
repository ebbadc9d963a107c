/** The tables of workflows: their steps, their installations for users, and their runs. */
import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

export const workflows = signalbox.table(
  "workflows",
  {
    projectId: uuid("project_id").notNull(),
    /** Also the id of its row in `hooks`, of kind WORKFLOW: the queue of its steps. */
    id: uuid("id").notNull(),
    name: text("name").notNull(),
    eventType: text("event_type").notNull(),
    status: text("status").notNull(),
    /** The current version of its steps. Runs keep the version they began with. */
    version: integer("version").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("workflows_name").on(t.projectId, t.name),
  ],
);

export const workflowVersions = signalbox.table(
  "workflow_versions",
  {
    projectId: uuid("project_id").notNull(),
    workflowId: uuid("workflow_id").notNull(),
    version: integer("version").notNull(),
    /** [{ id, name, method, url, headers, body, retries, timeoutMs }]; `headers` is one sealed JSON object or null. */
    steps: jsonText("steps").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.workflowId, t.version] })],
);

export const installations = signalbox.table(
  "installations",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    workflowId: uuid("workflow_id").notNull(),
    userId: text("user_id").notNull(),
    active: boolean("active").notNull(),
    /** One sealed JSON object: a user's variables are tokens and secret addresses. */
    variables: text("variables").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("installations_user").on(t.projectId, t.workflowId, t.userId),
  ],
);

export const workflowRuns = signalbox.table(
  "workflow_runs",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    workflowId: uuid("workflow_id").notNull(),
    version: integer("version").notNull(),
    eventId: uuid("event_id").notNull(),
    userId: text("user_id").notNull(),
    status: text("status").notNull(),
    rerunOf: uuid("rerun_of"),
    /** Whether a later run of the same event replaces it in the event's outcome. */
    superseded: boolean("superseded").notNull().default(false),
    error: text("error"),
    /** How often advancing it has failed inside the hub, not counting outages. */
    failures: smallint("failures").notNull().default(0),
    createdAt: time("created_at").notNull().defaultNow(),
    startedAt: time("started_at"),
    stoppedAt: time("stopped_at"),
    /** When it last advanced. An open run with an old value that waits for no delivery has lost its job. */
    movedAt: time("moved_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("workflow_runs_event").on(t.projectId, t.eventId, t.id),
    index("workflow_runs_workflow").on(t.projectId, t.workflowId, t.id),
    index("workflow_runs_open").on(t.movedAt).where(sql`status in ('QUEUED', 'RUNNING')`),
  ],
);

/** The steps that a run has reached. */
export const stepRuns = signalbox.table(
  "step_runs",
  {
    projectId: uuid("project_id").notNull(),
    runId: uuid("run_id").notNull(),
    /** From 0, in the run's version of the steps. */
    position: smallint("position").notNull(),
    status: text("status").notNull(),
    /** Null if nothing could be sent: a template had no value for something. */
    deliveryId: uuid("delivery_id"),
    /** What every attempt sends, rendered once, as one sealed JSON object. */
    request: text("request"),
    /** { status, response } of the successful answer. */
    output: jsonText("output"),
    startedAt: time("started_at").notNull().defaultNow(),
    stoppedAt: time("stopped_at"),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.runId, t.position] })],
);
