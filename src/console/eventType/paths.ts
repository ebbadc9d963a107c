/** Names may contain characters that are special in a path, so they are query parameters. */
const named = (path: string, name: string) => `${path}?${new URLSearchParams({ name })}`;

/** The page of a type. */
export const pathOfType = (name: string): string => named("/types/one", name);

/** The form of its next version. */
export const pathOfEdit = (name: string): string => named("/types/edit", name);
