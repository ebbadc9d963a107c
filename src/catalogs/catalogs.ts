import { actionstep } from "./actionstep.ts";
import type { Catalog } from "./catalog.ts";
import { goflow } from "./goflow.ts";

/** All catalogues. */
export const catalogs: readonly Catalog[] = [actionstep, goflow];
