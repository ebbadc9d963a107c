import { DiagLogLevel, diag } from "@opentelemetry/api";
import { version } from "../version.ts";
import { beginTracing, endTracing } from "./span.ts";

type TelemetryOptions = {
  /** The variable that asks for telemetry. */
  askedBy: string;
  /** The name of the service, unless a variable of OpenTelemetry names it. */
  serviceName?: string | undefined;
};

type Log = { info(text: string): void; warn(text: string): void };

/** The SDK is found where the hub is installed: it is no dependency of it. */
async function loadSdk() {
  try {
    return await import("@opentelemetry/sdk-node");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

/**
 * Loads OpenTelemetry's SDK when the environment asks for it; the SDK reads all its variables by itself. One that
 * was loaded before the hub (node --import) is used as it is. Disposing sends what has not been sent yet.
 */
export async function startTelemetry(
  options: TelemetryOptions | undefined,
  log: Log,
): Promise<AsyncDisposable> {
  const nothing = { async [Symbol.asyncDispose]() {} };
  if (beginTracing(version)) {
    log.info("telemetry goes to the OpenTelemetry SDK that was loaded before the hub");
    return nothing;
  }
  if (!options) return nothing;
  const { askedBy, serviceName } = options;
  const loaded = await loadSdk();
  if (!loaded) {
    log.warn(
      `${askedBy} asks for telemetry, but the package @opentelemetry/sdk-node is not installed beside signalbox: there is none. Install it (npm install @opentelemetry/sdk-node), or set OTEL_SDK_DISABLED=true.`,
    );
    return nothing;
  }
  const tell = (text: string, ...more: unknown[]) =>
    log.warn(["OpenTelemetry:", text, ...more].join(" "));
  const ignore = () => {};
  diag.setLogger(
    { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore },
    DiagLogLevel.WARN,
  );
  const sdk = new loaded.NodeSDK(serviceName === undefined ? {} : { serviceName });
  sdk.start();
  beginTracing(version);
  return {
    async [Symbol.asyncDispose]() {
      endTracing();
      await sdk
        .shutdown()
        .catch((error) => log.warn(`telemetry was not sent to its end: ${error}`));
    },
  };
}
