import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: [
    "./src/db/schema/tables.ts",
    "./src/db/schema/keyTables.ts",
    "./src/db/schema/hookTables.ts",
    "./src/db/schema/deliveryTables.ts",
    "./src/db/schema/orderTables.ts",
    "./src/db/schema/actionTables.ts",
    "./src/db/schema/resourceTables.ts",
    "./src/db/schema/workflowTables.ts",
    "./src/db/schema/applicationTables.ts",
    "./src/db/schema/scheduleTables.ts",
    "./src/db/schema/auditTables.ts",
  ],
  out: "./drizzle",
  schemaFilter: ["signalbox"],
});
