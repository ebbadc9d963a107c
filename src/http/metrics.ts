import type { ServerResponse } from "node:http";
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import { createMeter } from "../telemetry/meter.ts";
import { remembered, shared } from "../util/remembered.ts";
import { send } from "./headers.ts";

/** How long expensive metrics are cached. */
const CACHE_MS = 1_000;
/** The depth of the queue is counted: about 0.3 s with a million deliveries. */
const DEPTH_CACHE_MS = 10_000;
const help = {
  emitToDelivered:
    "Time from when an event was emitted, or was due, to its successful attempt, in seconds. Replays do not count.",
  queueDepth: "Waiting deliveries, by the state of their hooks.",
};
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Retries may take days. */
const EMIT_TO_DELIVERED = [...SECONDS, 300, 1_800, 7_200, 86_400];

/** The metrics of the hub and of the process. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Collects the process metrics from the first scrape on, since most hubs are never scraped. */
async function collectProcessMetrics(): Promise<Registry> {
  const { collectDefaultMetrics } = await import("prom-client");
  const register = new Registry();
  // The default, a timer of 10 ms, would cause most of an idle process's CPU time.
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
  return register;
}

/** What is read from the database when somebody collects. */
type Asking<Source> = {
  oldestDueSeconds(source: Source): Promise<number>;
  queueDepths(source: Source): PromiseLike<{ status: string; waiting: number }[]>;
};

/** Creates the metrics in their own registry. Other parts of the hub receive plain callbacks. */
export function createMetrics<Source>(source: Source, ask: Asking<Source>) {
  const registry = new Registry();
  let processRegistry: Promise<Registry> | undefined;
  const processMetrics = async () => {
    processRegistry ??= collectProcessMetrics();
    return (await processRegistry).metrics();
  };
  const oldestDue = remembered(() => ask.oldestDueSeconds(source), CACHE_MS);
  const registers = [registry];
  const depths = remembered(async () => ask.queueDepths(source), DEPTH_CACHE_MS);
  const meter = createMeter(help, EMIT_TO_DELIVERED, depths);
  const emitToDelivered = new Histogram({
    name: "signalbox_emit_to_delivered_seconds",
    help: help.emitToDelivered,
    buckets: EMIT_TO_DELIVERED,
    registers,
  });
  new Gauge({
    name: "signalbox_queue_depth",
    help: help.queueDepth,
    labelNames: ["hook_status"],
    registers,
    async collect() {
      this.reset();
      for (const { status, waiting } of await depths().catch(() => []))
        this.set({ hook_status: status }, waiting);
    },
  });
  const deliveries = new Counter({
    name: "signalbox_deliveries_total",
    help: "Attempts made, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const attemptDuration = new Histogram({
    name: "signalbox_attempt_duration_seconds",
    help: "Duration of attempts, in seconds.",
    buckets: SECONDS,
    registers,
  });
  const emits = new Counter({
    name: "signalbox_emits_total",
    help: "Events accepted.",
    registers,
  });
  return {
    registry,
    /** The hub's metrics are current; the process metrics are expensive and cached for 1 s. */
    pages: [() => registry.metrics(), remembered(processMetrics, CACHE_MS)],
    emits,
    emitsRefused: new Counter({
      name: "signalbox_emits_refused_total",
      help: "Events rejected with TOO_MANY_REQUESTS.",
      registers,
    }),
    emitsWaiting: new Gauge({
      name: "signalbox_emits_waiting",
      help: "Events waiting in this process to be written. An event over 2 KiB counts as several.",
      registers,
    }),
    /** What the worker reports. */
    ofWorker: {
      onEmitted(events: number) {
        emits.inc(events);
      },
      onAttempt({ outcome, elapsedMs }: { outcome: string; elapsedMs: number }) {
        deliveries.inc({ outcome });
        attemptDuration.observe(elapsedMs / 1_000);
      },
      onDelivered(sinceEmitMs: number) {
        emitToDelivered.observe(sinceEmitMs / 1_000);
        meter.delivered(sinceEmitMs / 1_000);
      },
    },
    queueAge: new Gauge({
      name: "signalbox_queue_age_seconds",
      help: "How long the oldest due delivery has been waiting, in seconds.",
      registers,
      async collect() {
        // The other metrics matter most while the database is unavailable.
        this.set(await oldestDue().catch(() => Number.NaN));
      },
    }),
    feedLag: new Gauge({
      name: "signalbox_feed_lag_seconds",
      help: "Age of the newest change when this process saw it, in seconds.",
      registers,
    }),
    subscribers: new Gauge({
      name: "signalbox_subscribers",
      help: "Active subscriptions and long polls of this process.",
      registers,
    }),
    reads: new Counter({
      name: "signalbox_reads_total",
      help: "Reads by the API, by server: primary or standby.",
      labelNames: ["server"],
      registers,
    }),
    /** Adds the standby's lag, in seconds. */
    watchStandby: (behindS: () => Promise<number>) =>
      void new Gauge({
        name: "signalbox_standby_lag_seconds",
        help: "Lag of the standby of SIGNALBOX_READ_URL, in seconds; NaN while the standby is not used.",
        registers,
        async collect() {
          this.set(await behindS());
        },
      }),
  };
}

/** Serves the metrics as Prometheus text. Concurrent requests share one rendering. */
export function createMetricsPage(pages: Metrics["pages"]) {
  const write = shared(async () => (await Promise.all(pages.map((page) => page()))).join("\n"));
  return async (res: ServerResponse): Promise<void> =>
    send(res, 200, Registry.PROMETHEUS_CONTENT_TYPE, await write());
}
