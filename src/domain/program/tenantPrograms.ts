import type { Sql } from "../../db/connection/client.ts";
import { createSchemaChecks, type SchemaChecks } from "../eventType/schemaChecks.ts";
import { createFilterRunner, type FilterRunner } from "../filter/filterRunner.ts";
import { createPayloadRunner, type PayloadRunner } from "../payload/payloadRunner.ts";
import { createStepTemplates, type StepTemplates } from "../workflow/stepTemplates.ts";
import type { Programs } from "./programs.ts";

/** Runs tenants' programs: cheap ones in place, all others in the sandbox. */
export type TenantPrograms = {
  sandbox: Programs;
  filters: FilterRunner;
  schemas: SchemaChecks;
  templates: StepTemplates;
  payloads: PayloadRunner;
};

export const createTenantPrograms = (sql: Sql, sandbox: Programs): TenantPrograms => ({
  sandbox,
  filters: createFilterRunner(sandbox),
  schemas: createSchemaChecks(sql, sandbox),
  templates: createStepTemplates(sandbox),
  payloads: createPayloadRunner(sandbox),
});
