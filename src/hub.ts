import { lookup } from "node:dns/promises";
import { type Config, ConfigError } from "./config.ts";
import { readAddress } from "./db/address.ts";
import { type Db, openDb } from "./db/client.ts";
import { oldestDueSeconds } from "./db/delivery/reclaim.ts";
import { startEmbedded } from "./db/embedded.ts";
import { migrate, migrationsCurrent } from "./db/migrate.ts";
import { checkWhole, nodeHosts } from "./db/nodes/distribution.ts";
import { openReads, type Reads } from "./db/reads.ts";
import { checkRoom } from "./db/requirements.ts";
import { createAuthenticator } from "./domain/authenticator.ts";
import { createEmitter, type EmitterHooks } from "./domain/emitter.ts";
import { createEmitWithin } from "./domain/emitWithin.ts";
import { checkSecretKey } from "./domain/keyCanary.ts";
import { ensureDefaultProject } from "./domain/project.ts";
import { createProjectConfigs, type ProjectConfigs } from "./domain/projectConfig.ts";
import { createSecretBox, type SecretBox } from "./domain/secretBox.ts";
import { createTenantPrograms, type TenantPrograms } from "./domain/tenantPrograms.ts";
import { createContext, type Hub, type HubFacts } from "./graphql/context.ts";
import { schema } from "./graphql/schema.ts";
import { limits } from "./http/limits.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { type HttpServer, startHttp, urlOf } from "./http/server.ts";
import { createEntities } from "./live/entities.ts";
import { createFeed } from "./live/feed.ts";
import { createTail } from "./live/tail.ts";
import { createWaiter, eventEnds, pressEnds } from "./live/waiter.ts";
import { startWake, type Wake } from "./live/wake.ts";
import type { Logger } from "./log.ts";
import { createGuard } from "./outbound/addressGuard.ts";
import { checkTarget } from "./outbound/checkTarget.ts";
import { createPoster } from "./outbound/post.ts";
import { createResolver } from "./outbound/resolver.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { localSecretKey } from "./secretKeyFile.ts";
import { createShares } from "./util/shares.ts";
import { createTurns } from "./util/turns.ts";
import { version } from "./version.ts";
import { startWorker, type WorkerRole } from "./worker/start.ts";

/** A running hub. Disposing stops it in order: no new requests, no new jobs, attempts in flight end, database last. */
export type RunningHub = AsyncDisposable & {
  url: string;
  /** The default project's first key, when this boot made it and it was not given. */
  newAdminKey: string | null;
};

/** The address guard must also know the database's own addresses, and its nodes': a hook may not talk to them. */
async function addressesOf({ url, sql }: Db): Promise<string[]> {
  const hosts = [readAddress(url).host, ...(sql.isDistributed ? await nodeHosts(sql) : [])];
  const found = await Promise.all(hosts.map((host) => lookup(host, { all: true }).catch(() => [])));
  return found.flat().map(({ address }) => address);
}

async function openOutbound(config: Config, db: Db) {
  const guard = createGuard({ allow: config.allowTargets, deny: await addressesOf(db) });
  const resolver = createResolver();
  const rules = { requireHttps: config.requireHttps };
  return {
    poster: createPoster({ guard, resolver, userAgent: `signalbox/${version}`, ...rules }),
    checkTarget: (url: string, projectId: string) =>
      checkTarget(guard, resolver, url, { ...rules, holder: projectId }),
  };
}

/** The API's reads; says so where PostgreSQL does not keep projects apart in them. */
async function openWalled(url: string, log: Logger): Promise<Reads> {
  const reads = await openReads(url);
  if (reads.warning) log.warn(reads.warning);
  return reads;
}

/** The services of the API, and the feed its subscriptions read. */
function openApi(
  stack: AsyncDisposableStack,
  parts: {
    db: Db;
    read: Reads["read"];
    box: SecretBox;
    configs: ProjectConfigs;
    programs: TenantPrograms;
    wake: Wake;
    log: Logger;
    metrics: Metrics;
  },
  outbound: Awaited<ReturnType<typeof openOutbound>>,
  worker: WorkerRole | undefined,
  facts: HubFacts,
) {
  const { db, read, box, configs, programs, wake, log, metrics } = parts;
  const entities = createEntities(read);
  const tail = createTail(db.sql, wake, log, (page) => {
    entities.announce(page);
    metrics.feedLag.set(Math.max(0, Date.now() - (page[0]?.at.getTime() ?? Date.now())) / 1_000);
  });
  const feed = createFeed({ sql: db.sql, read }, tail, log, {
    onSubscribers: (change) => metrics.subscribers.inc(change),
    onPage: entities.announce,
  });
  const authenticator = stack.use(
    createAuthenticator(db.sql, (error) => log.warn({ err: error }, "keys could not be checked")),
  );
  const accepting: EmitterHooks = {
    deliversHere: worker !== undefined,
    reserve: worker?.reserve,
    onLate: (error) => log.warn({ err: error }, "a wake-up was not queued"),
    checkTarget: outbound.checkTarget,
    onAccepted: ({ lanes, events }) => {
      metrics.emits.inc(events);
      if (lanes.length > 0) worker?.wake(lanes);
      wake.announce();
    },
    onWaiting: (change) => metrics.emitsWaiting.inc(change),
    onOverload: (events) => metrics.emitsRefused.inc(events),
  };
  const hub: Hub = {
    db,
    read,
    emitter: createEmitter(db.sql, configs, programs, accepting),
    emitWithin: createEmitWithin(db.sql, configs, programs, accepting),
    configs,
    programs,
    feed,
    entities,
    hooks: { sql: db.sql, box, checkTarget: outbound.checkTarget },
    workflows: {
      ...{ sql: db.sql, box, checkTarget: outbound.checkTarget },
      templates: programs.templates,
    },
    presses: {
      sql: db.sql,
      sendsHere: worker !== undefined,
      onPressed: (press) => worker?.press(press),
    },
    turns: createTurns(),
    subscriptions: createShares({
      what: "subscriptions",
      total: limits.subscriptionsPerProcess,
    }),
    waits: createShares({ what: "calls that wait (waitMs)", total: limits.waitsPerProcess }),
    memory: createShares({
      what: "MiB in requests under way",
      total: limits.memoryMiB,
      each: limits.memoryMiBOfProject,
    }),
    waitForEvents: createWaiter(db.sql, tail, eventEnds),
    waitForPresses: createWaiter(db.sql, tail, pressEnds),
    facts,
    forgetKey: authenticator.forget,
  };
  return { hub, authenticator };
}

/** What a URL asks for and does not get, such as a parameter for another client. */
function warnOfIgnored(databaseUrl: string, log: Logger): void {
  const { ignored } = readAddress(databaseUrl);
  if (ignored.length > 0)
    log.warn(`DATABASE_URL: Signalbox takes no notice of ${ignored.join(", ")}`);
}

/** How many connections a process holds at most, as README says: for emits, and what its roles need beside. */
const connectionsOf = ({ api, worker }: Config["roles"]) =>
  10 + 1 + (api ? 5 : 0) + (worker ? 7 : 0);

/** Starts a hub: database, live feed, worker, HTTP, as far as its roles go. */
export async function startHub(
  config: Config,
  log: Logger,
  onLost: (error: unknown) => void,
): Promise<RunningHub> {
  if (config.databaseUrl && !config.secretKeys) {
    throw new ConfigError(
      "SIGNALBOX_SECRET_KEY must be set when DATABASE_URL is: 32 bytes in base64 (openssl rand -base64 32), which seal secrets at rest.",
    );
  }
  await using stack = new AsyncDisposableStack();
  const url =
    config.databaseUrl ?? stack.use(await startEmbedded({ dataDir: config.dataDir, log })).url;
  warnOfIgnored(url, log);
  await migrate({ url });
  const db = stack.use(openDb(url));
  await checkRoom(db.sql, connectionsOf(config.roles));
  if (db.sql.isDistributed) await checkWhole(db.sql);
  const box = createSecretBox(config.secretKeys ?? (await localSecretKey(config.dataDir)));
  await checkSecretKey(db.sql, box);
  // Side by side: each waits for the database.
  const [newAdminKey, outbound, wake, reads] = await Promise.all([
    ensureDefaultProject(db.sql, config.adminKey),
    openOutbound(config, db),
    startWake(url, db.sql, log).then((wake) => stack.use(wake)),
    config.roles.api ? openWalled(url, log).then((reads) => stack.use(reads)) : undefined,
  ]);
  stack.use(outbound.poster);
  const configs = createProjectConfigs(db.sql);
  const programs = createTenantPrograms(db.sql, stack.use(createSandbox()));
  const metrics = createMetrics(() => oldestDueSeconds(db.sql));
  let publicUrl = config.publicUrl ?? urlOf(config.host, config.port);
  const worker = config.roles.worker
    ? stack.use(
        await startWorker({
          db,
          configs,
          programs,
          box,
          log,
          onLost,
          poster: outbound.poster,
          origin: () => new URL(publicUrl).host,
          retentionDays: config.retentionDays,
          wake,
          onAttempt: ({ outcome, elapsedMs }) => {
            metrics.deliveries.inc({ outcome });
            metrics.attemptDuration.observe(elapsedMs / 1_000);
          },
        }),
      )
    : undefined;
  const parts = { db, box, configs, programs, wake, log, metrics };
  const facts = {
    ...limits,
    documentCost: limits.cost,
    version,
    retentionDays: config.retentionDays,
    publicUrl: () => publicUrl,
  };
  const api = reads && openApi(stack, { ...parts, read: reads.read }, outbound, worker, facts);
  const server: HttpServer = stack.use(
    await startHttp({
      host: config.host,
      port: config.port,
      log,
      metrics: metrics.pages,
      ready: () => migrationsCurrent(db.sql),
      ...(api && {
        api: {
          schema,
          turns: api.hub.turns,
          contextOf: (...call) => createContext(api.hub, ...call),
          authenticate: api.authenticator.authenticate,
          isKeyLive: api.authenticator.isKeyLive,
          publicUrl: config.publicUrl,
          allowedOrigins: config.allowedOrigins,
        },
      }),
    }),
  );
  publicUrl = config.publicUrl ?? server.url;
  // Requests in flight and attempts in flight end side by side: one after the other they might take over 30 s.
  stack.defer(() => worker?.beginStop());
  const owned = stack.move();
  return {
    url: publicUrl,
    newAdminKey,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
