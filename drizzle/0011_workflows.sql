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
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"stopped_at" timestamp with time zone,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflow_runs_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."workflow_versions" (
	"project_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"steps" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflow_versions_project_id_workflow_id_version_pk" PRIMARY KEY("project_id","workflow_id","version")
);
--> statement-breakpoint
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
ALTER TABLE "signalbox"."deliveries" DROP CONSTRAINT "deliveries_once";--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ADD COLUMN "kind" text DEFAULT 'HOOK' NOT NULL;--> statement-breakpoint
ALTER TABLE "signalbox"."deliveries" ADD COLUMN "run_id" uuid;--> statement-breakpoint
ALTER TABLE "signalbox"."deliveries" ADD COLUMN "step_position" smallint;--> statement-breakpoint
CREATE INDEX "workflow_runs_event" ON "signalbox"."workflow_runs" USING btree ("project_id","event_id","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_workflow" ON "signalbox"."workflow_runs" USING btree ("project_id","workflow_id","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_open" ON "signalbox"."workflow_runs" USING btree ("moved_at") WHERE status in ('QUEUED', 'RUNNING');--> statement-breakpoint
ALTER TABLE "signalbox"."deliveries" ADD CONSTRAINT "deliveries_once" UNIQUE NULLS NOT DISTINCT("project_id","event_id","hook_id","replay_number","run_id","step_position");