/** Whether a JSON value is an object. The `Number` object of a changed number (exactJson.ts) is not one. */
export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Number);
