import type { Door } from "../http/door/door.ts";
import { documentDoors } from "./documents/documents.ts";
import { svixDoor } from "./svix/svix.ts";

/** The doors beside GraphQL. */
export const doors: readonly Door[] = [...documentDoors, svixDoor];
