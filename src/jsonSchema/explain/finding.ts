import type { ErrorObject } from "ajv/dist/2020.js";

/** One error of ajv on its way to a problem. */
export type Finding = { error: ErrorObject; path: string[]; sentence: string };
