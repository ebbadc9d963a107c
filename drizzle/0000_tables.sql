CREATE SCHEMA "signalbox";
--> statement-breakpoint
CREATE TABLE "signalbox"."api_keys" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"prefix" text NOT NULL,
	"digest" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."event_type_versions" (
	"project_id" uuid NOT NULL,
	"event_type_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"schema" json,
	"json_schema" json,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_type_versions_project_id_event_type_id_version_pk" PRIMARY KEY("project_id","event_type_id","version")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."event_type_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."event_types" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"origin" text DEFAULT 'CUSTOM' NOT NULL,
	"catalog" text,
	"version" integer NOT NULL,
	"schema" json,
	"json_schema" json,
	"example" json,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	"resource_type" text,
	CONSTRAINT "event_types_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "event_types_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."event_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."events" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"type_version" integer,
	"data" json,
	"name" text NOT NULL,
	"avatar" text,
	"category" text,
	"content_type" text NOT NULL,
	"content" json,
	"user_id" text,
	"subject_type" text,
	"subject_id" text,
	"context_id" text,
	"step_uuid" text,
	"idempotency_key" text,
	"uid" text,
	"channels" text[],
	"tags" text[],
	"origin" text NOT NULL,
	"cause_id" uuid,
	"only_hook_id" uuid,
	"trace" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"scheduled_for" timestamp with time zone,
	"due_at" timestamp with time zone,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"status" text NOT NULL,
	"config_version" bigint,
	"error" text,
	"expunged_at" timestamp with time zone,
	"expunged_by" text,
	"changed" text[],
	"broadcast" boolean,
	"target_hook_id" uuid,
	CONSTRAINT "events_project_id_id_pk" PRIMARY KEY("project_id","id")
) PARTITION BY RANGE ("id");
--> statement-breakpoint
ALTER TABLE "signalbox"."events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."hook_stats" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"triggered_count" bigint DEFAULT 0 NOT NULL,
	"last_triggered_at" timestamp with time zone,
	"succeeded_count" bigint DEFAULT 0 NOT NULL,
	"failed_count" bigint DEFAULT 0 NOT NULL,
	"health" text DEFAULT 'HEALTHY' NOT NULL,
	"health_since" timestamp with time zone DEFAULT now() NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp with time zone,
	"probe_at" timestamp with time zone,
	"probe_token" uuid,
	"probes" smallint DEFAULT 0 NOT NULL,
	"held_until" timestamp with time zone,
	"warned" smallint DEFAULT 0 NOT NULL,
	"is_told" boolean DEFAULT false NOT NULL,
	CONSTRAINT "hook_stats_project_id_hook_id_pk" PRIMARY KEY("project_id","hook_id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."hook_stats" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."hook_versions" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"config_version" bigint NOT NULL,
	"types" text[] NOT NULL,
	"channels" text[],
	"format" text NOT NULL,
	"filter" text,
	"user_id" text,
	"status" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"template" text,
	"template_content_type" text,
	"selection" text,
	"changed" text[],
	CONSTRAINT "hook_versions_project_id_hook_id_config_version_pk" PRIMARY KEY("project_id","hook_id","config_version")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."hook_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."hooks" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text DEFAULT 'HOOK' NOT NULL,
	"name" text,
	"uid" text,
	"description" text,
	"metadata" json,
	"types" text[] NOT NULL,
	"channels" text[],
	"url" text NOT NULL,
	"format" text NOT NULL,
	"filter" text,
	"user_id" text,
	"retries" smallint NOT NULL,
	"timeout_ms" integer NOT NULL,
	"retry_schedule_ms" integer[],
	"headers" text,
	"unsubscribe_on" smallint[] NOT NULL,
	"max_in_flight" integer NOT NULL,
	"rate_limit_per_second" integer,
	"verification" text DEFAULT 'NONE' NOT NULL,
	"handshake" text,
	"handshake_attempts" smallint DEFAULT 0 NOT NULL,
	"handshake_due_at" timestamp with time zone,
	"allowed_per_minute" integer,
	"rate_tat" timestamp with time zone,
	"status" text NOT NULL,
	"status_reason" text,
	"secrets" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"order_by" text,
	"on_order_failure" text DEFAULT 'BLOCK' NOT NULL,
	"final_statuses" smallint[] DEFAULT '{413}' NOT NULL,
	"disable_after_failures" integer,
	"disable_after_hours" double precision,
	"auth" json,
	"template" text,
	"template_content_type" text,
	"selection" text,
	"changed" text[],
	CONSTRAINT "hooks_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."idempotency_keys" (
	"project_id" uuid NOT NULL,
	"scope" text DEFAULT '' NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"event_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_project_id_scope_key_pk" PRIMARY KEY("project_id","scope","key")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."projects" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"source" text NOT NULL,
	"require_registered_types" boolean DEFAULT false NOT NULL,
	"system_events" boolean DEFAULT false NOT NULL,
	"signing_secrets" json,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."projects" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."earlier_attempts" (
	"project_id" uuid NOT NULL,
	"delivery_id" uuid NOT NULL,
	"number" smallint NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"elapsed_ms" integer NOT NULL,
	"outcome" text NOT NULL,
	"status_code" smallint,
	"error" text,
	"remote_address" text,
	"request_headers" json NOT NULL,
	"response_headers" json,
	"response_body" text,
	"response_truncated" boolean DEFAULT false NOT NULL,
	CONSTRAINT "earlier_attempts_project_id_delivery_id_number_pk" PRIMARY KEY("project_id","delivery_id","number")
) PARTITION BY RANGE ("delivery_id");
--> statement-breakpoint
ALTER TABLE "signalbox"."earlier_attempts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."ended_deliveries" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"format" text NOT NULL,
	"status" text NOT NULL,
	"attempt_count" smallint NOT NULL,
	"max_attempts" smallint NOT NULL,
	"unknown_count" smallint DEFAULT 0 NOT NULL,
	"completed_at" timestamp with time zone NOT NULL,
	"last_error" text,
	"replay_of" uuid,
	"replay_number" smallint DEFAULT 0 NOT NULL,
	"run_id" uuid,
	"step_position" smallint,
	"created_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"elapsed_ms" integer,
	"outcome" text,
	"status_code" smallint,
	"error" text,
	"remote_address" text,
	"request_headers" json,
	"response_headers" json,
	"response_body" text,
	"response_truncated" boolean,
	"order_key" text,
	"order_seq" bigint,
	CONSTRAINT "ended_status" CHECK (status in ('SUCCEEDED', 'FAILED', 'GONE', 'CANCELLED', 'QUARANTINED'))
) PARTITION BY RANGE ("event_id");
--> statement-breakpoint
ALTER TABLE "signalbox"."ended_deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."feed" (
	"project_id" uuid NOT NULL,
	"last" bigint NOT NULL,
	"first" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"items" json NOT NULL,
	CONSTRAINT "feed_project_id_last_at_pk" PRIMARY KEY("project_id","last","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
ALTER TABLE "signalbox"."feed" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."heads" (
	"project_id" uuid PRIMARY KEY NOT NULL,
	"head" bigint DEFAULT 0 NOT NULL,
	"horizon" bigint DEFAULT 0 NOT NULL,
	"config_version" bigint DEFAULT 1 NOT NULL,
	"held_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "signalbox"."heads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."hook_hours" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"retried" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "hook_hours_project_id_hook_id_hour_pk" PRIMARY KEY("project_id","hook_id","hour")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."hook_hours" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."locks" (
	"name" text PRIMARY KEY NOT NULL,
	"key" bigint
);
--> statement-breakpoint
CREATE TABLE "signalbox"."project_minutes" (
	"project_id" uuid NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"accepted" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "project_minutes_project_id_minute_pk" PRIMARY KEY("project_id","minute")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."project_minutes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."queue" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"format" text NOT NULL,
	"status" text NOT NULL,
	"attempt_count" smallint DEFAULT 0 NOT NULL,
	"max_attempts" smallint NOT NULL,
	"due_at" timestamp with time zone,
	"lease_worker" uuid,
	"lease_token" uuid,
	"lease_until" timestamp with time zone,
	"unknown_count" smallint DEFAULT 0 NOT NULL,
	"last_error" text,
	"replay_of" uuid,
	"replay_number" smallint DEFAULT 0 NOT NULL,
	"run_id" uuid,
	"step_position" smallint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"order_key" text,
	"order_seq" bigint,
	CONSTRAINT "queue_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "queue_once" UNIQUE NULLS NOT DISTINCT("event_id","project_id","hook_id","replay_number","run_id","step_position"),
	CONSTRAINT "queue_status" CHECK (status in ('PENDING', 'RETRYING', 'PARKED'))
);
--> statement-breakpoint
ALTER TABLE "signalbox"."queue" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."replay_chunks" (
	"project_id" uuid NOT NULL,
	"replay_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"delivery_ids" uuid[] NOT NULL,
	"order_keys" text[],
	CONSTRAINT "replay_chunks_project_id_replay_id_hook_id_number_pk" PRIMARY KEY("project_id","replay_id","hook_id","number")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."replay_chunks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."replays" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"filter" json NOT NULL,
	"status" text NOT NULL,
	"matched" integer NOT NULL,
	"created" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"looked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "replays_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."replays" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"pool_id" text NOT NULL,
	"liveness_key" bigint NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."actions" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	"key" text,
	"url" text NOT NULL,
	"button_text" text NOT NULL,
	"external" boolean NOT NULL,
	"meta" json,
	"expire_in" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"repeat" boolean NOT NULL,
	"style" text NOT NULL,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"completed_at" timestamp with time zone,
	"last_error" text,
	CONSTRAINT "actions_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "actions_position" UNIQUE("project_id","event_id","position")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."actions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."presses" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"action_id" uuid NOT NULL,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"pressed_by" text NOT NULL,
	"key_id" uuid NOT NULL,
	"pressed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"idempotency_key" text,
	"lease_worker" uuid,
	"lease_token" uuid,
	"lease_until" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	CONSTRAINT "presses_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."presses" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."event_bodies" (
	"project_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"format" text NOT NULL,
	"content_type" text NOT NULL,
	"body" json NOT NULL,
	CONSTRAINT "event_bodies_project_id_event_id_hook_id_pk" PRIMARY KEY("project_id","event_id","hook_id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."event_bodies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."event_resources" (
	"project_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"representation" json NOT NULL,
	CONSTRAINT "event_resources_project_id_event_id_pk" PRIMARY KEY("project_id","event_id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."event_resources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."resource_types" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_event" text NOT NULL,
	"updated_event" text,
	"deleted_event" text,
	"next_number" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "resource_types_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "resource_types_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."resource_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."resources" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"resource_id" text NOT NULL,
	"attributes" json NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "resources_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "resources_once" UNIQUE NULLS NOT DISTINCT("project_id","type","resource_id","deleted_at")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."resources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."installations" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"active" boolean NOT NULL,
	"variables" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installations_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "installations_user" UNIQUE("project_id","workflow_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."installations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."step_runs" (
	"project_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	"status" text NOT NULL,
	"delivery_id" uuid,
	"request" text,
	"output" json,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"stopped_at" timestamp with time zone,
	CONSTRAINT "step_runs_project_id_run_id_position_pk" PRIMARY KEY("project_id","run_id","position")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."step_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."workflow_runs" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"event_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"status" text NOT NULL,
	"rerun_of" uuid,
	"superseded" boolean DEFAULT false NOT NULL,
	"error" text,
	"failures" smallint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"stopped_at" timestamp with time zone,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflow_runs_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."workflow_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."workflow_versions" (
	"project_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"steps" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflow_versions_project_id_workflow_id_version_pk" PRIMARY KEY("project_id","workflow_id","version")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."workflow_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."workflows" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"event_type" text NOT NULL,
	"status" text NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflows_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "workflows_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."workflows" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."applications" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"uid" text,
	"name" text NOT NULL,
	"metadata" json NOT NULL,
	"throttle_rate" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "applications_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "applications_user" UNIQUE("project_id","user_id"),
	CONSTRAINT "applications_uid" UNIQUE("project_id","uid")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."applications" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."blocked_keys" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"key" text NOT NULL,
	"delivery_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "blocked_keys_project_id_hook_id_key_pk" PRIMARY KEY("project_id","hook_id","key")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."blocked_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."order_gates" (
	"project_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"place" bigint NOT NULL,
	"hook_ids" uuid[],
	CONSTRAINT "order_gates_project_id_event_id_pk" PRIMARY KEY("project_id","event_id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."order_gates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."event_schedules" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"event" json NOT NULL,
	"next_run_at" timestamp with time zone,
	"last_run_at" timestamp with time zone,
	"last_event_id" uuid,
	"last_error" text,
	"missed_runs" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_schedules_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "event_schedules_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."event_schedules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."audit_entries" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"entity_type" text,
	"entity_id" uuid,
	"before" json,
	"after" json,
	"request_id" text NOT NULL,
	CONSTRAINT "audit_entries_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."audit_entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."statistics" (
	"project_id" uuid NOT NULL,
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"step" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"accepted" integer NOT NULL,
	"succeeded" integer NOT NULL,
	"failed" integer NOT NULL,
	"retried" integer NOT NULL,
	"latencies" json NOT NULL,
	"answers" json NOT NULL,
	CONSTRAINT "statistics_project_id_scope_subject_step_at_pk" PRIMARY KEY("project_id","scope","subject","step","at")
);
--> statement-breakpoint
ALTER TABLE "signalbox"."statistics" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "signalbox"."statistics_positions" (
	"project_id" uuid PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "signalbox"."statistics_positions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_digest" ON "signalbox"."api_keys" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "events_type" ON "signalbox"."events" USING btree ("project_id","type","id");--> statement-breakpoint
CREATE INDEX "events_unmatched" ON "signalbox"."events" USING btree ("project_id","received_at") WHERE config_version is null and scheduled_for is null;--> statement-breakpoint
CREATE INDEX "events_due" ON "signalbox"."events" USING btree ("project_id","due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "events_context" ON "signalbox"."events" USING btree ("project_id","context_id","id") WHERE context_id is not null;--> statement-breakpoint
CREATE INDEX "events_user" ON "signalbox"."events" USING btree ("project_id","user_id","id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "events_cause" ON "signalbox"."events" USING btree ("project_id","cause_id") WHERE cause_id is not null;--> statement-breakpoint
CREATE INDEX "events_late" ON "signalbox"."events" USING btree ("project_id","occurred_at") WHERE received_at - occurred_at > interval '5 minutes';--> statement-breakpoint
CREATE INDEX "events_ahead" ON "signalbox"."events" USING btree ("project_id","occurred_at") WHERE occurred_at - received_at > interval '5 minutes';--> statement-breakpoint
CREATE INDEX "events_subject" ON "signalbox"."events" USING btree ("project_id","subject_type","subject_id","id") WHERE subject_type is not null;--> statement-breakpoint
CREATE INDEX "events_broadcast" ON "signalbox"."events" USING btree ("project_id","id") WHERE broadcast;--> statement-breakpoint
CREATE INDEX "events_expunged" ON "signalbox"."events" USING btree ("project_id","id") WHERE expunged_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "hooks_name" ON "signalbox"."hooks" USING btree ("project_id","name") WHERE name is not null and status <> 'DELETED';--> statement-breakpoint
CREATE UNIQUE INDEX "hooks_uid" ON "signalbox"."hooks" USING btree ("project_id","user_id","uid") WHERE uid is not null and status <> 'DELETED';--> statement-breakpoint
CREATE INDEX "hooks_user" ON "signalbox"."hooks" USING btree ("project_id","user_id","id") WHERE user_id is not null and status <> 'DELETED';--> statement-breakpoint
CREATE INDEX "hooks_handshake" ON "signalbox"."hooks" USING btree ("handshake_due_at") WHERE handshake_due_at is not null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "signalbox"."idempotency_keys" USING btree ("created_at") WHERE ascii(scope) < 2;--> statement-breakpoint
CREATE INDEX "idempotency_keys_uid_age" ON "signalbox"."idempotency_keys" USING btree ("created_at") WHERE ascii(scope) > 1;--> statement-breakpoint
CREATE INDEX "ended_deliveries_event" ON "signalbox"."ended_deliveries" USING btree ("project_id","event_id","hook_id");--> statement-breakpoint
CREATE INDEX "ended_deliveries_hook" ON "signalbox"."ended_deliveries" USING btree ("project_id","hook_id","id");--> statement-breakpoint
CREATE INDEX "ended_deliveries_lost" ON "signalbox"."ended_deliveries" USING btree ("project_id","id") WHERE status in ('FAILED', 'QUARANTINED');--> statement-breakpoint
CREATE INDEX "hook_hours_hour" ON "signalbox"."hook_hours" USING btree ("project_id","hour");--> statement-breakpoint
CREATE INDEX "queue_due" ON "signalbox"."queue" USING btree ("hook_id","due_at");--> statement-breakpoint
CREATE INDEX "queue_hook" ON "signalbox"."queue" USING btree ("hook_id","id");--> statement-breakpoint
CREATE INDEX "queue_suspect" ON "signalbox"."queue" USING btree ("hook_id","due_at") WHERE unknown_count >= 2;--> statement-breakpoint
CREATE INDEX "queue_again" ON "signalbox"."queue" USING btree ("hook_id","due_at") WHERE status = 'RETRYING' or replay_of is not null;--> statement-breakpoint
CREATE INDEX "replays_running" ON "signalbox"."replays" USING btree ("looked_at") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "presses_action" ON "signalbox"."presses" USING btree ("project_id","action_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "presses_idempotency_key" ON "signalbox"."presses" USING btree ("project_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "presses_pending" ON "signalbox"."presses" USING btree ("project_id","pressed_at") WHERE status = 'PENDING';--> statement-breakpoint
CREATE INDEX "resources_type" ON "signalbox"."resources" USING btree ("project_id","type","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "resources_deleted" ON "signalbox"."resources" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_runs_event" ON "signalbox"."workflow_runs" USING btree ("project_id","event_id","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_workflow" ON "signalbox"."workflow_runs" USING btree ("project_id","workflow_id","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_open" ON "signalbox"."workflow_runs" USING btree ("moved_at") WHERE status in ('QUEUED', 'RUNNING');--> statement-breakpoint
CREATE INDEX "order_gates_place" ON "signalbox"."order_gates" USING btree ("project_id","place");--> statement-breakpoint
CREATE INDEX "blocked_keys_event" ON "signalbox"."blocked_keys" USING btree ("project_id","event_id");--> statement-breakpoint
CREATE INDEX "queue_not_due" ON "signalbox"."queue" USING btree ("hook_id","status","order_seq") WHERE due_at is null;--> statement-breakpoint
CREATE INDEX "queue_key" ON "signalbox"."queue" USING btree ("hook_id","order_key","order_seq") WHERE order_seq is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "queue_turn" ON "signalbox"."queue" USING btree ("project_id","hook_id","order_key") WHERE order_seq is not null and due_at is not null;--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."api_keys" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_type_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_types" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."events" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_stats" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hooks" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."idempotency_keys" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."projects" AS PERMISSIVE FOR SELECT TO public USING (id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."earlier_attempts" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."ended_deliveries" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."feed" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."heads" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_hours" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."project_minutes" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."queue" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."replay_chunks" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."replays" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."actions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."presses" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_bodies" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_resources" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."resource_types" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."resources" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."installations" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."step_runs" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflow_runs" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflow_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflows" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."applications" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."blocked_keys" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."order_gates" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE INDEX "event_schedules_due" ON "signalbox"."event_schedules" USING btree ("next_run_at") WHERE next_run_at is not null;--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_schedules" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE INDEX "audit_entries_entity" ON "signalbox"."audit_entries" USING btree ("project_id","entity_id","id");--> statement-breakpoint
CREATE INDEX "audit_entries_action" ON "signalbox"."audit_entries" USING btree ("project_id","action","id");--> statement-breakpoint
CREATE INDEX "audit_entries_actor" ON "signalbox"."audit_entries" USING btree ("project_id","actor","id");--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."audit_entries" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE INDEX "statistics_at" ON "signalbox"."statistics" USING btree ("step","at");--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."statistics" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."statistics_positions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);