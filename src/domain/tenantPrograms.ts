import type { Sql } from "../db/client.ts";
import { createFilterRunner, type FilterRunner } from "./filterRunner.ts";
import type { Programs } from "./programs.ts";
import { createSchemaChecks, type SchemaChecks } from "./schemaChecks.ts";
import { createStepTemplates, type StepTemplates } from "./stepTemplates.ts";

/** What runs programs of tenants: in place what is cheap, the rest in the sandbox. */
export type TenantPrograms = {
  sandbox: Programs;
  filters: FilterRunner;
  schemas: SchemaChecks;
  templates: StepTemplates;
};

export const createTenantPrograms = (sql: Sql, sandbox: Programs): TenantPrograms => ({
  sandbox,
  filters: createFilterRunner(sandbox),
  schemas: createSchemaChecks(sql, sandbox),
  templates: createStepTemplates(sandbox),
});
