import { type Config, ConfigError } from "./config/config.ts";
import { readAddress, type UrlSetting } from "./db/connection/address.ts";
import { type Db, openDb, type Place } from "./db/connection/client.ts";
import { checkRoom } from "./db/connection/requirements.ts";
import { oldestDueSeconds } from "./db/delivery/reclaim.ts";
import type { EmbeddedDatabase } from "./db/embedded/start.ts";
import { checkDistributed } from "./db/nodes/distribution.ts";
import { queueDepths } from "./db/queue/depth.ts";
import { openReadPools, type ReadPools } from "./db/read/readPools.ts";
import { migrate, migrationsCurrent } from "./db/schema/migrate.ts";
import { createEmitInTransaction } from "./domain/emit/emitInTransaction.ts";
import { createEmitter, type EmitterHooks } from "./domain/emit/emitter.ts";
import { createTenantPrograms, type TenantPrograms } from "./domain/program/tenantPrograms.ts";
import { createAuthenticator } from "./domain/project/authenticator.ts";
import { checkSecretKey } from "./domain/project/keyCheckValue.ts";
import { ensureDefaultProject } from "./domain/project/project.ts";
import { createProjectConfigs, type ProjectConfigs } from "./domain/project/projectConfig.ts";
import { createSecretBox, type SecretBox } from "./domain/project/secretBox.ts";
import { doors } from "./doors/doors.ts";
import { createContext, type Hub, type HubFacts } from "./graphql/builder/context.ts";
import { schema } from "./graphql/schema.ts";
import { limits } from "./http/gate/limits.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { type HttpServer, startHttp, urlOf } from "./http/server.ts";
import { createEntities } from "./live/entities.ts";
import { createFeed } from "./live/feed.ts";
import { createTail } from "./live/tail.ts";
import { createWaiter, eventEnds, pressEnds } from "./live/waiter.ts";
import { startWake, type Wake } from "./live/wake.ts";
import type { Logger } from "./log.ts";
import { openOutbound } from "./openOutbound.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { localSecretKey } from "./secretKeyFile.ts";
import { startTelemetry } from "./telemetry/sdk.ts";
import { createShares } from "./util/shares.ts";
import { createTurns } from "./util/turns.ts";
import { version } from "./version.ts";
import { startWorker, type WorkerRole } from "./worker/start.ts";

/**
 * A running hub. Disposing it stops it in order: no new requests, no new jobs, attempts in flight end, the database
 * last.
 */
export type RunningHub = AsyncDisposable & {
  url: string;
  /** The default project's first key, when this boot created it and no key was configured. */
  newAdminKey: string | null;
};

/** Opens the API's reads. Warns when PostgreSQL does not isolate projects in them, and when the standby is not used. */
async function openApiReads(
  place: Place,
  readUrl: string | undefined,
  log: Logger,
  metrics: Metrics,
): Promise<ReadPools> {
  const standby = readUrl && {
    url: readUrl,
    onChange: (why: string | undefined) => {
      if (why) log.warn(`queries read from the primary, not the standby: ${why}`);
      else log.info("queries read from the standby");
    },
  };
  const reads = await openReadPools(place, standby || undefined, (server) =>
    metrics.reads.inc({ server }),
  );
  if (reads.standby) metrics.watchStandby(reads.standby.behindS);
  if (reads.warning) log.warn(reads.warning);
  return reads;
}

/** The services of the API, and the feed that its subscriptions read. */
function openApi(
  stack: AsyncDisposableStack,
  parts: {
    db: Db;
    reads: ReadPools;
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
  const { db, reads, box, configs, programs, wake, log, metrics } = parts;
  const { read, forQuery, noteSeen } = reads;
  const entities = createEntities(read);
  const tail = createTail(db.sql, wake, log, (page) => {
    entities.announce(page);
    metrics.feedLag.set(Math.max(0, Date.now() - (page[0]?.at.getTime() ?? Date.now())) / 1_000);
  });
  const feed = createFeed(read, tail, log, {
    onSubscribers: (change) => metrics.subscribers.inc(change),
    onPage: entities.announce,
    onSeen: noteSeen,
  });
  const authenticator = stack.use(
    createAuthenticator(db.sql, (error) =>
      log.warn({ err: error }, "API keys could not be checked"),
    ),
  );
  const emitterHooks: EmitterHooks = {
    deliversHere: worker !== undefined,
    reserve: worker?.reserve,
    onLate: (error) => log.warn({ err: error }, "a wake-up was not queued"),
    checkTarget: outbound.checkTarget,
    onAccepted: ({ projectId, queues, staged, events }) => {
      metrics.emits.inc(events);
      if (queues.length > 0) worker?.wake(queues);
      if (staged.length > 0) worker?.dispatch(projectId, staged);
      wake.announce();
    },
    onWaiting: (change) => metrics.emitsWaiting.inc(change),
    onOverload: (events) => metrics.emitsRefused.inc(events),
  };
  const targeting = { sql: db.sql, checkTarget: outbound.checkTarget };
  const hub: Hub = {
    db,
    read,
    forQuery,
    noteSeen,
    emitter: createEmitter(db.sql, configs, programs, emitterHooks),
    emitInTransaction: createEmitInTransaction(db.sql, configs, programs, emitterHooks),
    configs,
    programs,
    feed,
    entities,
    hooks: { sql: db.sql, checkTarget: outbound.checkHookTarget, box, payloads: programs.payloads },
    schedules: { ...targeting, configs, programs, onChanged: wake.announce },
    workflows: { ...targeting, box, templates: programs.templates },
    presses: {
      sql: db.sql,
      sendsHere: worker !== undefined,
      onPressed: (press) => worker?.press(press),
    },
    turns: createTurns(),
    subscriptions: createShares({ what: "subscriptions", total: limits.subscriptionsPerProcess }),
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

/** Warns about parts of a URL that have no effect, such as a parameter meant for another client. */
function warnIgnored(url: string, setting: UrlSetting, log: Logger): void {
  const { ignored } = readAddress(url, setting);
  if (ignored.length > 0) log.warn(`${setting}: Signalbox ignores ${ignored.join(", ")}`);
}

/** The database's address. With two settings, the direct one is for the few sessions that a pooler must not share. */
function findDatabase(
  { databaseUrl, directUrl }: Config,
  embedded: EmbeddedDatabase | undefined,
  log: Logger,
): Place {
  if (embedded) return { url: embedded.url };
  if (databaseUrl === undefined) throw new Error("there is no database");
  warnIgnored(databaseUrl, "DATABASE_URL", log);
  if (directUrl === undefined) return { url: databaseUrl };
  warnIgnored(directUrl, "SIGNALBOX_DIRECT_URL", log);
  return { url: directUrl, setting: "SIGNALBOX_DIRECT_URL", poolerUrl: databaseUrl };
}

/**
 * The most PostgreSQL connections that this process holds (docs/operate.md): one for LISTEN; for a worker one for its
 * heartbeat and those of its jobs; and those of emits and API reads, or at least one when they go through a pooler.
 */
const connectionsOf = ({ api, worker }: Config["roles"], { poolerUrl }: Place) =>
  1 + (worker ? 7 : 0) + (poolerUrl === undefined ? 10 + (api ? 5 : 0) : 1);

/**
 * Starts a hub: live feed, worker and HTTP, as its roles require, on the server of the configuration or on an embedded
 * one, which it then owns.
 */
export async function startHub(
  config: Config,
  log: Logger,
  onLost: (error: unknown) => void,
  embedded?: EmbeddedDatabase,
): Promise<RunningHub> {
  if (config.databaseUrl && !config.secretKeys) {
    throw new ConfigError(
      "SIGNALBOX_SECRET_KEY must be set when DATABASE_URL is: 32 bytes in base64 (openssl rand -base64 32), which seal secrets at rest.",
    );
  }
  await using stack = new AsyncDisposableStack();
  stack.use(embedded);
  const place = findDatabase(config, embedded, log);
  if (config.readUrl !== undefined) warnIgnored(config.readUrl, "SIGNALBOX_READ_URL", log);
  await migrate(place);
  const db = stack.use(openDb(place));
  await checkRoom(db.sql, connectionsOf(config.roles, place));
  if (db.sql.isDistributed) await checkDistributed(db.sql, config.readUrl);
  const box = createSecretBox(config.secretKeys ?? (await localSecretKey(config.dataDir)));
  await checkSecretKey(db.sql, box);
  stack.use(await startTelemetry(config.telemetry, log));
  const metrics = createMetrics(db.sql, { oldestDueSeconds, queueDepths });
  // In parallel, because each waits for the database.
  const [newAdminKey, outbound, wake, reads] = await Promise.all([
    ensureDefaultProject(db.sql, config.adminKey),
    openOutbound(config, place, db.sql),
    startWake(place.url, db.sql, log).then((wake) => stack.use(wake)),
    config.roles.api
      ? openApiReads(place, config.readUrl, log, metrics).then((reads) => stack.use(reads))
      : undefined,
  ]);
  stack.use(outbound.poster);
  const configs = createProjectConfigs(db.sql);
  const programs = createTenantPrograms(db.sql, stack.use(createSandbox()));
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
          ...metrics.ofWorker,
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
    traceUrl: config.traceUrl ?? null,
  };
  const api = reads && openApi(stack, { ...parts, reads }, outbound, worker, facts);
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
          doors,
          turns: api.hub.turns,
          contextOf: (...call) => createContext(api.hub, ...call),
          authenticate: api.authenticator.authenticate,
          box,
          isKeyLive: api.authenticator.isKeyLive,
          publicUrl: config.publicUrl,
          allowedOrigins: config.allowedOrigins,
        },
      }),
    }),
  );
  publicUrl = config.publicUrl ?? server.url;
  // Requests and attempts in flight end in parallel: one after the other they might take over 30 s.
  stack.defer(() => worker?.beginStop());
  const owned = stack.move();
  return {
    url: publicUrl,
    newAdminKey,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
