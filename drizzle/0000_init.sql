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
CREATE TABLE "signalbox"."attempts" (
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
	CONSTRAINT "attempts_project_id_delivery_id_number_pk" PRIMARY KEY("project_id","delivery_id","number")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."changes" (
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "signalbox"."changes_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"event_id" uuid,
	"hook_id" uuid,
	"created" boolean NOT NULL,
	"state" json NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "changes_project_id_position_pk" PRIMARY KEY("project_id","position")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."deliveries" (
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
	"completed_at" timestamp with time zone,
	"last_error" text,
	"replay_of" uuid,
	"replay_number" smallint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "deliveries_once" UNIQUE("project_id","event_id","hook_id","replay_number")
);
--> statement-breakpoint
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
	CONSTRAINT "event_types_project_id_id_pk" PRIMARY KEY("project_id","id"),
	CONSTRAINT "event_types_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
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
	"origin" text NOT NULL,
	"cause_id" uuid,
	"occurred_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"status" text NOT NULL,
	"config_version" bigint,
	"error" text,
	CONSTRAINT "events_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."hook_stats" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"triggered_count" bigint DEFAULT 0 NOT NULL,
	"last_triggered_at" timestamp with time zone,
	"succeeded_count" bigint DEFAULT 0 NOT NULL,
	"failed_count" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "hook_stats_project_id_hook_id_pk" PRIMARY KEY("project_id","hook_id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."hook_versions" (
	"project_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"config_version" bigint NOT NULL,
	"types" text[] NOT NULL,
	"filter" text,
	"user_id" text,
	"status" text NOT NULL,
	CONSTRAINT "hook_versions_project_id_hook_id_config_version_pk" PRIMARY KEY("project_id","hook_id","config_version")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."hooks" (
	"project_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text,
	"types" text[] NOT NULL,
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
	"rate_tat" timestamp with time zone,
	"status" text NOT NULL,
	"status_reason" text,
	"secrets" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "hooks_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."idempotency_keys" (
	"project_id" uuid NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"event_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_project_id_key_pk" PRIMARY KEY("project_id","key")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."projects" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"source" text NOT NULL,
	"require_registered_types" boolean DEFAULT false NOT NULL,
	"config_version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
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
	"started_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_digest" ON "signalbox"."api_keys" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "changes_position" ON "signalbox"."changes" USING btree ("position");--> statement-breakpoint
CREATE INDEX "deliveries_hook" ON "signalbox"."deliveries" USING btree ("project_id","hook_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "signalbox"."deliveries" USING btree ("project_id","hook_id","due_at") WHERE status in ('PENDING', 'RETRYING');--> statement-breakpoint
CREATE INDEX "deliveries_leased" ON "signalbox"."deliveries" USING btree ("project_id","hook_id") WHERE lease_token is not null;--> statement-breakpoint
CREATE INDEX "events_type" ON "signalbox"."events" USING btree ("project_id","type","id");--> statement-breakpoint
CREATE INDEX "events_unmatched" ON "signalbox"."events" USING btree ("project_id","received_at") WHERE config_version is null;--> statement-breakpoint
CREATE INDEX "events_context" ON "signalbox"."events" USING btree ("project_id","context_id","id") WHERE context_id is not null;--> statement-breakpoint
CREATE INDEX "events_user" ON "signalbox"."events" USING btree ("project_id","user_id","id") WHERE user_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "hooks_name" ON "signalbox"."hooks" USING btree ("project_id","name") WHERE name is not null and status <> 'DELETED';--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "signalbox"."idempotency_keys" USING btree ("created_at");