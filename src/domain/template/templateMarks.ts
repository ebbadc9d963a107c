/** Whether a text is what it says, with nothing to render. */
export const isPlain = (text: string) => !/\{\{|\{%/.test(text);

/** Whether any text inside a JSON value is more than a plain one: no JSON has these marks outside of its strings. */
export const holdsTemplate = (value: unknown): boolean => !isPlain(JSON.stringify(value) ?? "");
