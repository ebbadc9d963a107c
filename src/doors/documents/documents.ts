import type { Door } from "../../http/door/door.ts";
import { actionstep } from "./actionstep.ts";
import { alloy } from "./alloy.ts";
import { operational } from "./operational.ts";
import { spaceCloud } from "./spaceCloud.ts";

/** The calls of the systems that others come from (docs/doors.md). */
export const documentDoors: readonly Door[] = [alloy, spaceCloud, actionstep, operational];
