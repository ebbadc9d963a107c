import { openDb, type Place, type Pool, type Tx } from "../connection/client.ts";
import { isOutage } from "../connection/outage.ts";
import { readSettings } from "../connection/sessionSettings.ts";
import { feedBounds } from "../feed/changes.ts";
import { CONNECTIONS, createRead, type Read } from "./createRead.ts";
import { whyUnguarded } from "./reader.ts";
import { createSeenPositions } from "./seenPositions.ts";
import { isConflict, LOOK_EVERY_MS, openStandby, type Standby } from "./standby.ts";

export type { Read } from "./createRead.ts";

/** The reading side of the database. */
export type ReadPools = AsyncDisposable & {
  /** From the primary: sees everything committed. */
  read: Read;
  /** For one query of the API: from the standby while it is fresh enough, otherwise from the primary. */
  forQuery(): Read;
  /** Notes that a client has seen a project's feed up to a position: no later query may show less. */
  noteSeen(projectId: string, position: number): void;
  /** Why row-level security does not protect reads; null if it does. */
  warning: string | null;
  standby: Standby | undefined;
};

/** The standby for queries. */
type StandbyOptions = {
  url: string;
  onChange: (why: string | undefined) => void;
  staleAfterMs?: number;
};

/**
 * Behind a pooler, sessions have the defaults of the hub's role, which suit its other statements. So reads set these in
 * each transaction.
 */
const plan = Object.entries(readSettings)
  .map(([name, value]) => `set local ${name} to '${value}'`)
  .join("; ");

/** The standby cannot serve this read: use the primary. */
class Elsewhere extends Error {}

const passes = (error: unknown) =>
  error instanceof Elsewhere || isOutage(error) || isConflict(error);

/** Opens the pools of the reader and checks its role. Throws DatabaseRefusal. */
export async function openReadPools(
  place: string | Place,
  standbyOptions?: StandbyOptions,
  onRead: (server: "primary" | "standby") => void = () => {},
): Promise<ReadPools> {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(openDb(place, CONNECTIONS, "each time"));
  const warning = await whyUnguarded(db.sql);
  const isGuarded = warning === null;
  const isPooled = typeof place !== "string" && place.poolerUrl !== undefined;
  const ask = createRead({
    pool: () => db.sql,
    isGuarded,
    first: isPooled ? (tx) => tx.unsafe(plan).execute() : undefined,
  });
  const read: Read = (...asked) => {
    onRead("primary");
    return ask(...asked);
  };
  const standby =
    standbyOptions &&
    stack.use(await openStandby({ ...standbyOptions, primary: db.sql, connections: CONNECTIONS }));
  const seen = createSeenPositions();
  const owned = stack.move();
  return {
    read,
    forQuery: standby ? createForQuery(standby) : () => read,
    noteSeen(projectId, position) {
      if (!standby) return;
      seen.forget(standby.freshAt);
      seen.note(projectId, position);
    },
    warning,
    standby,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };

  function createForQuery(standby: Standby): () => Read {
    function pool(): Pool {
      const found = standby.pool();
      if (found) return found;
      throw new Elsewhere("the standby is away, or too far behind");
    }
    async function reached(tx: Tx, projectId: string): Promise<void> {
      const position = seen.of(projectId);
      if (position > 0 && (await feedBounds(tx, projectId)).head < position)
        throw new Elsewhere("the standby has less than somebody knows of");
    }
    const askStandby = createRead({ pool, isGuarded, first: reached });
    return () => {
      let isLeft = false;
      return async (...asked) => {
        if (isLeft) return read(...asked);
        const looking = setInterval(standby.look, LOOK_EVERY_MS);
        try {
          const found = await askStandby(...asked);
          onRead("standby");
          return found;
        } catch (error) {
          if (!passes(error)) throw error;
          // The rest of the query stays on the primary: later reads then find what earlier rows refer to. The reverse
          // would not hold.
          isLeft = true;
          return read(...asked);
        } finally {
          clearInterval(looking);
        }
      };
    };
  }
}
