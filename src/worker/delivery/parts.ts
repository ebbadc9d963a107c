import type { Pool } from "../../db/connection/client.ts";
import type { Logger } from "../../log.ts";
import type { HookQueues } from "./hookQueues.ts";
import type { Peers } from "./peers.ts";
import type { Started } from "./started.ts";
import type { Targets } from "./targets.ts";

/** The parts of a deliverer shared by both ways of taking deliveries: the claim loop and the hand-over. */
export type DelivererParts = {
  sql: Pool;
  workerId: string;
  peers: Peers;
  queues: HookQueues;
  targets: Targets;
  log: Logger;
  start: (started: Started) => void;
  track: (work: Promise<void>) => void;
  isStopped: () => boolean;
};
