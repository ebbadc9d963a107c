DROP INDEX "signalbox"."events_unmatched";--> statement-breakpoint
ALTER TABLE "signalbox"."events" ADD COLUMN "scheduled_for" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "signalbox"."events" ADD COLUMN "due_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "events_due" ON "signalbox"."events" USING btree ("project_id","due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "events_unmatched" ON "signalbox"."events" USING btree ("project_id","received_at") WHERE config_version is null and scheduled_for is null;