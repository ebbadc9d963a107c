import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: ["./src/db/tables.ts", "./src/db/deliveryTables.ts"],
  out: "./drizzle",
  schemaFilter: ["signalbox"],
});
