CREATE TABLE "signalbox"."replay_chunks" (
	"project_id" uuid NOT NULL,
	"replay_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"delivery_ids" uuid[] NOT NULL,
	CONSTRAINT "replay_chunks_project_id_replay_id_hook_id_number_pk" PRIMARY KEY("project_id","replay_id","hook_id","number")
);
--> statement-breakpoint
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
CREATE INDEX "replays_running" ON "signalbox"."replays" USING btree ("looked_at") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "deliveries_again_due" ON "signalbox"."deliveries" USING btree ("project_id","hook_id","due_at") WHERE status in ('PENDING', 'RETRYING') and replay_of is not null;