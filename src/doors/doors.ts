import type { Door } from "../http/door/door.ts";
import { documentDoors } from "./documents/documents.ts";
import { svixDoor } from "./svix/svix.ts";
import { v1 } from "./v1/v1.ts";

/** The doors beside GraphQL. */
export const doors: readonly Door[] = [v1, ...documentDoors, svixDoor];
