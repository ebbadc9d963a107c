CREATE TABLE "signalbox"."event_resources" (
	"project_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"representation" json NOT NULL,
	CONSTRAINT "event_resources_project_id_event_id_pk" PRIMARY KEY("project_id","event_id")
);
--> statement-breakpoint
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
ALTER TABLE "signalbox"."event_types" ADD COLUMN "resource_type" text;--> statement-breakpoint
ALTER TABLE "signalbox"."hook_versions" ADD COLUMN "format" text DEFAULT 'CLOUD_EVENT' NOT NULL;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "verification" text DEFAULT 'NONE' NOT NULL;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "handshake" text;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "handshake_attempts" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "handshake_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "allowed_per_minute" integer;--> statement-breakpoint
CREATE INDEX "resources_type" ON "signalbox"."resources" USING btree ("project_id","type","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "resources_deleted" ON "signalbox"."resources" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "hooks_handshake" ON "signalbox"."hooks" USING btree ("handshake_due_at") WHERE handshake_due_at is not null;