import {
  type Attributes,
  createTraceState,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traces,
} from "@opentelemetry/api";
import { traceHeaders } from "../util/traceContext.ts";

/** Undefined while nothing records spans: then none is made. */
let tracer: Tracer | undefined;

/** Makes spans from now on, if an SDK is there that records them. */
export function beginTracing(version: string): boolean {
  const provider = traces.getTracerProvider();
  const isRecorded =
    !(provider instanceof ProxyTracerProvider) ||
    provider.getDelegateTracer("signalbox") !== undefined;
  tracer = isRecorded ? traces.getTracer("signalbox", version) : undefined;
  return isRecorded;
}

/** Makes no more of them. */
export function endTracing(): void {
  tracer = undefined;
}

/** The span that a trace's text names (util/traceContext.ts). */
function spanContextOf(trace: string): SpanContext {
  const state = traceHeaders(trace)?.tracestate;
  return {
    traceId: trace.slice(3, 35),
    spanId: trace.slice(36, 52),
    traceFlags: Number.parseInt(trace.slice(53, 55), 16),
    isRemote: true,
    ...(state && { traceState: createTraceState(state) }),
  };
}

function traceOf(span: Span): string {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const state = traceState?.serialize();
  const parent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  return state ? `${parent} ${state}` : parent;
}

/** A span under way. `trace` is the text that names it as the parent of others. */
export type OpenSpan = {
  trace: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** `error`: its class, when what the span tells of has failed. */
  end(error?: string): void;
};

/**
 * Starts a span in a trace, or in a new one; undefined while nothing records spans. `about`: the span of another trace
 * that led to it.
 */
export function startSpan(
  name: string,
  kind: keyof typeof SpanKind,
  parent: string | null,
  about?: string | null,
): OpenSpan | undefined {
  if (tracer === undefined) return undefined;
  const links = about ? [{ context: spanContextOf(about) }] : [];
  const context =
    parent === null ? ROOT_CONTEXT : traces.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
  const span = tracer.startSpan(name, { kind: SpanKind[kind], links }, context);
  return {
    trace: traceOf(span),
    rename: (name) => void span.updateName(name),
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined) {
        span.setAttribute("error.type", error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
