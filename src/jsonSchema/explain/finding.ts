import type { ErrorObject } from "ajv/dist/2020.js";

/** An error of ajv before it becomes a problem. */
export type Finding = { error: ErrorObject; path: string[]; sentence: string };
