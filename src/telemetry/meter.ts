import { metrics } from "@opentelemetry/api";
import { version } from "../version.ts";

type Depth = { status: string; waiting: number };

/**
 * Metrics for OpenTelemetry's SDK; nothing is measured without one. `depths` is called when the SDK collects, for all
 * states of hooks.
 */
export function createMeter(
  { emitToDelivered, queueDepth }: { emitToDelivered: string; queueDepth: string },
  boundaries: number[],
  depths: () => Promise<Depth[]>,
): { delivered(seconds: number): void } {
  const meter = metrics.getMeter("signalbox", version);
  const histogram = meter.createHistogram("signalbox.emit_to_delivered", {
    description: emitToDelivered,
    unit: "s",
    advice: { explicitBucketBoundaries: boundaries },
  });
  meter
    .createObservableGauge("signalbox.queue.depth", { description: queueDepth, unit: "{delivery}" })
    .addCallback(async (result) => {
      // While the database is away there is nothing to tell.
      for (const { status, waiting } of await depths().catch(() => []))
        result.observe(waiting, { "signalbox.hook.status": status });
    });
  return { delivered: (seconds) => histogram.record(seconds) };
}
