import type { ServerResponse } from "node:http";
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import { remembered, shared } from "../util/remembered.ts";
import { send } from "./headers.ts";

/** How long expensive metrics are cached. */
const CACHE_MS = 1_000;

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

/** Creates the metrics in their own registry. Other parts of the hub receive plain callbacks. */
export function createMetrics(oldestDueSeconds: () => Promise<number>) {
  const registry = new Registry();
  let processRegistry: Promise<Registry> | undefined;
  const processMetrics = async () => {
    processRegistry ??= collectProcessMetrics();
    return (await processRegistry).metrics();
  };
  const oldestDue = remembered(oldestDueSeconds, CACHE_MS);
  const registers = [registry];
  return {
    registry,
    /** The hub's metrics are current; the process metrics are expensive and cached for 1 s. */
    pages: [() => registry.metrics(), remembered(processMetrics, CACHE_MS)],
    emits: new Counter({
      name: "signalbox_emits_total",
      help: "Events accepted.",
      registers,
    }),
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
    deliveries: new Counter({
      name: "signalbox_deliveries_total",
      help: "Attempts made, by outcome.",
      labelNames: ["outcome"],
      registers,
    }),
    attemptDuration: new Histogram({
      name: "signalbox_attempt_duration_seconds",
      help: "Duration of attempts, in seconds.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
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
