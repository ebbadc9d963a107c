import { type OpenSpan, startSpan } from "../../telemetry/span.ts";
import type { EventInput } from "../event/eventInput.ts";

/** What an emit's spans need of it. */
type Emit = { inputs: EventInput[]; projectId: string; trace?: string | null };

/** The events of an emit, each with its trace, and what ends the emit's spans. */
type Begun = { inputs: EventInput[]; end(error?: unknown): void };

const nothing = () => {};
const within = (inputs: EventInput[], traceOf: (input: EventInput) => string | null) =>
  inputs.map((input) => ({ ...input, trace: traceOf(input) }));

/**
 * Begins the span of an emit, which becomes the parent of all that follows from its events. It is in the trace of the
 * request; events with a trace of their own have their span there. Without tracing the events keep the trace that came.
 */
export function beginEmit({ inputs, projectId, trace = null }: Emit): Begun {
  const spanIn = (parent: string | null) =>
    startSpan("emit", "PRODUCER", parent, parent === trace ? null : trace);
  const own = spanIn(trace);
  if (!own) {
    if (trace === null) return { inputs, end: nothing };
    return { inputs: within(inputs, (input) => input.trace ?? trace), end: nothing };
  }
  const spans = new Map<string | null, OpenSpan>([[trace, own]]);
  own.set({
    "signalbox.project.id": projectId,
    "messaging.batch.message_count": inputs.length,
    ...(inputs.length === 1 && {
      "signalbox.event.type": inputs[0]?.type ?? inputs[0]?.name ?? "",
    }),
  });
  return {
    inputs: within(inputs, (input) => {
      const parent = input.trace ?? trace;
      const span = spans.get(parent) ?? spanIn(parent);
      if (span) spans.set(parent, span);
      return span?.trace ?? parent;
    }),
    end(error) {
      const failure = error instanceof Error ? error.name : undefined;
      for (const span of spans.values()) span.end(failure);
    },
  };
}

/** The span of one step of events that are under way, such as matching them with hooks. */
export const stepSpan = (name: string, trace: string | null = null): OpenSpan | undefined =>
  startSpan(name, "INTERNAL", trace);
