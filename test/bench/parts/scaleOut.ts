import type { Part } from "../part.ts";
/** x */
export const scaleOut: Part = { name: "scale-out", measure: async () => [] };
