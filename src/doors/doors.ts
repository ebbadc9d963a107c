import type { Door } from "../http/door/door.ts";

/** The doors beside GraphQL. */
export const doors: readonly Door[] = [];
