/** What of OpenTelemetry's variables the hub itself reads; its SDK reads all of them. */
export type TelemetrySettings = {
  /** The variable that asks for telemetry. */
  askedBy: string;
  /** The name of the service, unless a variable names it. */
  serviceName?: string;
};

const endpoints = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
];
const exporters = ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"];

/** The telemetry that the standard variables ask for; none with OTEL_SDK_DISABLED=true. */
export function readTelemetry(env: NodeJS.ProcessEnv): { telemetry?: TelemetrySettings } {
  const text = (name: string) => env[name]?.trim() ?? "";
  if (text("OTEL_SDK_DISABLED").toLowerCase() === "true") return {};
  const askedBy =
    endpoints.find((name) => text(name) !== "") ??
    exporters.find((name) => !["", "none"].includes(text(name)));
  if (askedBy === undefined) return {};
  const isNamed =
    text("OTEL_SERVICE_NAME") !== "" ||
    /(^|,)\s*service\.name\s*=/.test(text("OTEL_RESOURCE_ATTRIBUTES"));
  return { telemetry: { askedBy, ...(!isNamed && { serviceName: "signalbox" }) } };
}
