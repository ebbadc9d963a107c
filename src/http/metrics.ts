import type { ServerResponse } from "node:http";
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import { remembered, shared } from "../util/remembered.ts";
import { send } from "./headers.ts";

/** How old what is costly to look up may be. */
const KNOWN_MS = 1_000;

/** The hub's own metrics, and those of the process. */
export type Metrics = ReturnType<typeof createMetrics>;

/** The process's own metrics, of which most hubs are never asked, are gathered from the first question on. */
async function gatherOfProcess(): Promise<Registry> {
  const { collectDefaultMetrics } = await import("prom-client");
  const register = new Registry();
  // Its own measure is a timer of 10 ms, which is most of what an idle process does.
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
  return register;
}

/** Makes the metrics in a registry of their own; the parts of the hub get their methods as plain callbacks. */
export function createMetrics(oldestDueSeconds: () => Promise<number>) {
  const registry = new Registry();
  let ofProcess: Promise<Registry> | undefined;
  const processPage = async () => {
    ofProcess ??= gatherOfProcess();
    return (await ofProcess).metrics();
  };
  const oldestDue = remembered(oldestDueSeconds, KNOWN_MS);
  const registers = [registry];
  return {
    registry,
    /** The hub's own of the moment; the process's cost more to look up, and may be 1 s old. */
    pages: [() => registry.metrics(), remembered(processPage, KNOWN_MS)],
    emits: new Counter({
      name: "signalbox_emits_total",
      help: "Events accepted.",
      registers,
    }),
    emitsRefused: new Counter({
      name: "signalbox_emits_refused_total",
      help: "Events refused with TOO_MANY_REQUESTS.",
      registers,
    }),
    emitsWaiting: new Gauge({
      name: "signalbox_emits_waiting",
      help: "Events that wait in this process to be written; one of over 2 KiB counts as several.",
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
      help: "How long attempts take.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    queueAge: new Gauge({
      name: "signalbox_queue_age_seconds",
      help: "How long the oldest due delivery has waited.",
      registers,
      async collect() {
        // The other metrics are worth most while the database is away.
        this.set(await oldestDue().catch(() => Number.NaN));
      },
    }),
    feedLag: new Gauge({
      name: "signalbox_feed_lag_seconds",
      help: "How old the newest change was when this process saw it.",
      registers,
    }),
    subscribers: new Gauge({
      name: "signalbox_subscribers",
      help: "Live subscriptions of this process.",
      registers,
    }),
    reads: new Counter({
      name: "signalbox_reads_total",
      help: "Reads of the API, by server: primary or standby.",
      labelNames: ["server"],
      registers,
    }),
    /** There is a standby, which is so far behind. */
    watchStandby: (behindS: () => Promise<number>) =>
      void new Gauge({
        name: "signalbox_standby_lag_seconds",
        help: "For how long the standby of SIGNALBOX_READ_URL has lacked something; not a number while it is not read from.",
        registers,
        async collect() {
          this.set(await behindS());
        },
      }),
  };
}

/** Answers with metrics as Prometheus text, written once for all who ask at the same time. */
export function createMetricsPage(pages: Metrics["pages"]) {
  const write = shared(async () => (await Promise.all(pages.map((page) => page()))).join("\n"));
  return async (res: ServerResponse): Promise<void> =>
    send(res, 200, Registry.PROMETHEUS_CONTENT_TYPE, await write());
}
