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
CREATE TABLE "signalbox"."project_minutes" (
	"project_id" uuid NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"accepted" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "project_minutes_project_id_minute_pk" PRIMARY KEY("project_id","minute")
);
--> statement-breakpoint
CREATE INDEX "hook_hours_hour" ON "signalbox"."hook_hours" USING btree ("project_id","hour");--> statement-breakpoint
CREATE INDEX "deliveries_parked" ON "signalbox"."deliveries" USING btree ("project_id","hook_id") WHERE status = 'PARKED';