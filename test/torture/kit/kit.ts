import { join } from "node:path";
import { type Db, openDb } from "../../../src/db/connection/client.ts";
import { type Installation, installation } from "../../fixtures/process.ts";
import { type CheckedHook, check, type Evidence } from "./checker.ts";
import { type Emitter, startEmitter } from "./emitter.ts";
import { type Fleet, type Roles, startFleet } from "./fleet.ts";
import { type Ledger, startLedger } from "./ledger.ts";
import { type Patch, patching } from "./patch.ts";
import type { Random } from "./random.ts";
import { heldAtRest, heldBy } from "./resources.ts";
import type { Server } from "./server.ts";
import { type Stream, startStream } from "./stream.ts";
import { until } from "./until.ts";

/** An installation of the hub: a database of its own, what its processes share, and a hand on its tables. */
export type Site = Installation & { url: string; db: Db };

/** What a row is given: the machine to break, and the size to break it at. */
export type Kit = {
  server: Server;
  random: Random;
  isSmoke: boolean;
  /** For what the row writes; gone when all rows have passed. */
  directory: string;
  /** A number of the full size or of the smoke's. */
  size(full: number, smoke: number): number;
  /** A new installation, on the kit's server or another; the patches are for all of its processes. */
  site(patches?: Patch[], on?: Server): Promise<Site>;
  /** The settings of one process that is to have these patches beside. */
  patching(patches: Patch[]): Record<string, string>;
  /** The processes of most rows: two of the API and three workers, or two of both in the smoke. */
  roles: Roles[];
  fleet(site: Installation, roles: Roles[]): Promise<Fleet>;
  /** On 127.0.0.1 unless told. */
  ledger(host?: string): Promise<Ledger>;
  emitter(site: Site, fleet: Fleet, perSecond: number): Emitter;
  stream(site: Site, fleet: Fleet): Stream;
  /** Registers a hook whose target is the ledger's `/name/behaviour`. */
  hook(fleet: Fleet, ledger: Ledger, path: string, input?: object): Promise<CheckedHook>;
  /** Begins to watch what the processes hold (I9); gives back what tells it at the end. */
  holding(site: Site, fleet: Fleet): Promise<() => Promise<NonNullable<Evidence["held"]>>>;
  /** Waits until a stream has all that the feed of a site's first project says of deliveries. */
  caughtUp(site: Site, stream: Stream): Promise<void>;
  /** Waits until nothing of a site is due, in flight, or waiting. */
  rest(site: Site, patienceMs: number): Promise<void>;
  /** Checks I1 to I11; a line of what was looked at. */
  check(evidence: Evidence): Promise<string>;
  /** Puts something at the end of the row, in reverse order. */
  use<Thing extends AsyncDisposable>(thing: Thing): Thing;
};

const HOOK = `mutation ($input: RegisterHookInput!) {
  registerHook(input: $input) { hook { id } secret userErrors { code message } } }`;
const CAUGHT_UP_WITHIN_MS = 30_000;
type HookAnswer = {
  registerHook: { hook: { id: string } | null; secret: string | null; userErrors: object[] };
};

/** `mutant` is what the hub is broken by on purpose; rows may add patches of their own. */
export function createKit(options: {
  server: Server;
  stack: AsyncDisposableStack;
  directory: string;
  isSmoke: boolean;
  random: Random;
  mutant: Patch[];
}): Kit {
  const { server, stack, directory, isSmoke, random, mutant } = options;
  let files = 0;
  const fileOf = (name: string) => join(directory, `${name}-${++files}`);
  return {
    server,
    random,
    isSmoke,
    directory,
    roles: isSmoke ? ["api,worker", "api,worker"] : ["api", "api", "worker", "worker", "worker"],
    size: (full, smoke) => (isSmoke ? smoke : full),
    use: (thing) => stack.use(thing),
    patching: (patches) => patching([...mutant, ...patches]),
    async site(patches = [], on = server) {
      const url = await on.createDatabase();
      const settings = installation({
        DATABASE_URL: url,
        ...patching([...mutant, ...patches]),
      });
      return { ...settings, url, db: stack.use(openDb(url, 3)) };
    },
    fleet: async (site, roles) => stack.use(await startFleet(site, roles)),
    ledger: async (host) => stack.use(await startLedger(fileOf("ledger"), host)),
    emitter(site, fleet, perSecond) {
      const file = fileOf("acked");
      const emitter = startEmitter({ urls: fleet.urls, key: site.key, perSecond, file });
      // A row that failed has not stopped it: it would call the dead processes' ports while the next row runs.
      stack.defer(() => emitter.stop().catch(() => {}));
      return emitter;
    },
    stream: (site, fleet) => stack.use(startStream(fleet.urls, site.key)),
    async hook(fleet, ledger, path, input = {}) {
      const hub = fleet.slots.find(({ roles }) => roles.includes("api"))?.hub;
      const answer = await hub?.run<HookAnswer>(HOOK, {
        input: { types: ["*"], maxInFlight: 16, ...input, url: ledger.url + path },
      });
      const { hook, secret, userErrors } = answer?.registerHook ?? {};
      if (!hook || !secret) throw new Error(`no hook: ${JSON.stringify(userErrors)}`);
      return { id: hook.id, path, secret };
    },
    async holding({ db }, fleet) {
      const pids = () => fleet.hubs().map(({ pid }) => pid);
      const start = await heldBy(pids(), db.sql);
      return async () => ({ start, end: await heldAtRest(pids(), db.sql, start) });
    },
    caughtUp: ({ db }, stream) =>
      until(
        "the stream has caught up",
        async () => {
          const [row] =
            await db.sql`select max(position) as last from signalbox.changes where kind = 'DELIVERY'
            and project_id = (select id from signalbox.projects where slug = 'default')`;
          if (stream.failure) throw stream.failure;
          return (stream.seen.at(-1)?.position ?? 0) >= Number(row?.last);
        },
        CAUGHT_UP_WITHIN_MS,
      ),
    rest: ({ db }, patienceMs) =>
      until(
        "everything has come to its end",
        async () => {
          const [row] = await db.sql<{ count: number }[]>`
            select (select count(*) from signalbox.deliveries where status in ('PENDING', 'RETRYING'))
              + (select count(*) from signalbox.presses where status = 'PENDING')
              + (select count(*) from signalbox.events where config_version is null)
              as count`.catch(() => []);
          return Number(row?.count ?? 1) === 0;
        },
        patienceMs,
      ),
    async check(evidence) {
      const verdicts = await check(evidence);
      return verdicts
        .map(({ name, isKept, detail }) => `${name} ${isKept === null ? "–" : "ok"} (${detail})`)
        .join("; ");
    },
  };
}
