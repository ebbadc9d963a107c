import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: [
    "./src/db/tables.ts",
    "./src/db/deliveryTables.ts",
    "./src/db/actionTables.ts",
    "./src/db/resourceTables.ts",
    "./src/db/workflowTables.ts",
  ],
  out: "./drizzle",
  schemaFilter: ["signalbox"],
});
