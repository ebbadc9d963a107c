ALTER TABLE "signalbox"."api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."event_type_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."event_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."hook_stats" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."hook_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."hooks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."projects" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."attempts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."changes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."hook_hours" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."project_minutes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."replay_chunks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."replays" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."actions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."presses" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."event_resources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."resource_types" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."resources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."installations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."step_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."workflow_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."workflow_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "signalbox"."workflows" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."api_keys" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_type_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_types" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."events" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_stats" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hooks" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."idempotency_keys" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."projects" AS PERMISSIVE FOR SELECT TO public USING (id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."attempts" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."changes" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."deliveries" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."hook_hours" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."project_minutes" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."replay_chunks" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."replays" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."actions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."presses" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."event_resources" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."resource_types" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."resources" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."installations" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."step_runs" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflow_runs" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflow_versions" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "own_project" ON "signalbox"."workflows" AS PERMISSIVE FOR SELECT TO public USING (project_id = nullif(current_setting('signalbox.project', true), '')::uuid);--> statement-breakpoint
-- The reader may use the schema, and is to call none of its functions; other roles have their own grants of emit().
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA "signalbox" FROM PUBLIC;
