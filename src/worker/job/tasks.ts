import type { TaskList } from "graphile-worker";
import { z } from "zod";
import type { Db } from "../../db/connection/client.ts";
import { continueExpunge } from "../../domain/event/expunge.ts";
import { settleHook } from "../../domain/hookStatus/hookStatus.ts";
import type { Logger } from "../../log.ts";
import type { Deliverer } from "../delivery/deliverer.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Handshaker } from "./handshaker.ts";
import type { Presser } from "./presser.ts";
import type { ProjectTurns } from "./projectTurns.ts";
import { removeExpired } from "./retention.ts";

const deliverPayload = z.object({ queues: z.array(z.tuple([z.string(), z.string()])) });
const dispatchPayload = z.object({ projectId: z.string(), eventIds: z.array(z.string()) });
const pressPayload = z.object({ projectId: z.string(), pressId: z.string() });
const replayPayload = z.object({ projectId: z.string(), replayId: z.string() });
const advancePayload = z.object({ projectId: z.string(), runIds: z.array(z.string()) });
const handshakePayload = z.object({ projectId: z.string(), hookId: z.string() });
const expungePayload = z.object({
  id: z.string(),
  which: z.union([
    z.object({ projectId: z.string(), eventId: z.string() }),
    z.object({ projectId: z.string(), userId: z.string(), until: z.string() }),
  ]),
  by: z.string(),
  erased: z.array(z.string()),
  since: z.string(),
  isLastLook: z.boolean(),
});
const settlePayload = z.object({ projectId: z.string(), hookId: z.string() });

/** The job tasks. A task only throws for bugs and outages: graphile-worker then retries it. */
export function createTasks(deps: {
  db: Db;
  log: Logger;
  deliverer: Deliverer;
  dispatcher: Dispatcher;
  runTurns: ProjectTurns;
  replayTurns: ProjectTurns;
  handshaker: Handshaker;
  presser: Presser;
  retentionDays: number;
  /** Resolves when this process holds its liveness lock: nobody would notice its death before. */
  alive: Promise<void>;
}): TaskList {
  const { db, log, deliverer, dispatcher, runTurns, replayTurns } = deps;
  const { handshaker, presser, retentionDays, alive } = deps;
  const { sql } = db;
  return {
    deliver: async (payload) => {
      const { queues } = deliverPayload.parse(payload);
      await alive;
      deliverer.wake(queues.map(([projectId, hookId]) => ({ projectId, hookId })));
    },
    dispatch: async (payload) => {
      await alive;
      const { projectId, eventIds } = dispatchPayload.parse(payload);
      dispatcher.dispatch(projectId, eventIds);
    },
    advance: async (payload) => {
      const { projectId, runIds } = advancePayload.parse(payload);
      await alive;
      runTurns.add(projectId, runIds);
    },
    handshake: async (payload) => handshaker.ask(handshakePayload.parse(payload)),
    settle: async (payload) => {
      const { projectId, hookId } = settlePayload.parse(payload);
      await settleHook(sql, projectId, hookId);
    },
    replay: async (payload) => {
      const { projectId, replayId } = replayPayload.parse(payload);
      await alive;
      replayTurns.add(projectId, [replayId]);
    },
    press: async (payload) => {
      const press = pressPayload.parse(payload);
      await alive;
      presser.press(press);
    },
    expunge: async (payload) => {
      await continueExpunge(sql, expungePayload.parse(payload));
    },
    retention: async () => {
      if (!(await removeExpired(db, retentionDays)))
        log.warn("a transaction has been open for a long time: retention tries again in an hour");
    },
  };
}

/** Retention runs once an hour, at an odd minute. */
export const crontab = "17 * * * * retention ?fill=1d";
