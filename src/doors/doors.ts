import type { Door } from "../http/door/door.ts";
import { documentDoors } from "./documents/documents.ts";

/** The doors beside GraphQL. */
export const doors: readonly Door[] = [...documentDoors];
