/** Whether a JSON value is an object. A number that JavaScript would write otherwise (exactJson.ts) is none. */
export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Number);
