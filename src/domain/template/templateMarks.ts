/** Whether a text has nothing to render. */
export const isPlain = (text: string) => !/\{\{|\{%/.test(text);

/** Whether any text inside a JSON value is a template. JSON has these marks only inside strings. */
export const holdsTemplate = (value: unknown): boolean => !isPlain(JSON.stringify(value) ?? "");
