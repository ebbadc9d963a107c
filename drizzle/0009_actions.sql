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
ALTER TABLE "signalbox"."projects" ADD COLUMN "signing_secrets" json;--> statement-breakpoint
CREATE INDEX "presses_action" ON "signalbox"."presses" USING btree ("project_id","action_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "presses_idempotency_key" ON "signalbox"."presses" USING btree ("project_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "presses_pending" ON "signalbox"."presses" USING btree ("project_id","pressed_at") WHERE status = 'PENDING';