import type { Part } from "../part.ts";
/** x */
export const profile: Part = { name: "profile", measure: async () => [] };
