import type { Claim } from "../../db/delivery/claim.ts";
import type { Leave, QueueEntry } from "./hookQueues.ts";
import type { Target } from "./targets.ts";

/** An attempt to be made: a claim with its slot. */
export type Started = {
  queue: QueueEntry;
  target: Target;
  claimed: Claim;
  leave: Leave;
  /** Set for a suspect: called when its result is stored. */
  onStored?: () => void;
};
