/**
 * Types and ids may contain characters that are special in a path, so they are query parameters.
 */
const named = (path: string, params: Record<string, string>) =>
  `${path}?${new URLSearchParams(params)}`;

/** The list of a type's resources. */
export const pathOfType = (type: string): string => named("/resources", { type });

/** The form for a new resource. */
export const pathOfNew = (type: string): string => named("/resources/new", { type });

/** The page of a resource. */
export const pathOfResource = (type: string, id: string): string =>
  named("/resources/one", { type, id });

/** The form that changes it. */
export const pathOfEdit = (type: string, id: string): string =>
  named("/resources/edit", { type, id });
