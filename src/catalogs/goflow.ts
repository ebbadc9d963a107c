import type { Catalog } from "./catalog.ts";
import { contactTypes } from "./goflowContacts.ts";
import { messageTypes } from "./goflowMessages.ts";
import { runTypes } from "./goflowRuns.ts";

/**
 * The 23 events of goflow 0.29.7. The schemas enforce what goflow's own validation is meant to enforce but misses: an
 * empty `translations`, a missing `msg` of msg_received, the contents of a `msg`, and null in a list of references.
 */
export const goflow: Catalog = {
  name: "goflow",
  description:
    "The events of goflow, an engine that runs conversations with contacts: what it asks for, what it has done, and what it is told.",
  types: [...contactTypes, ...messageTypes, ...runTypes].sort((a, b) => (a.name < b.name ? -1 : 1)),
};
