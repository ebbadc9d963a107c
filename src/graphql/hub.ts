import { eventLimits } from "../domain/event/eventInput.ts";
import { builder } from "./builder/builder.ts";
import type { HubFacts } from "./builder/context.ts";
import { MAX_PAGE } from "./page/connection.ts";

const HubLimits = builder.objectRef<HubFacts>("HubLimits").implement({
  description:
    'The limits that callers meet first. The documentation page "Limits" lists all of them.',
  fields: (t) => ({
    bodyBytes: t.exposeInt("bodyBytes", {
      description: "Maximum size of an HTTP request, in bytes.",
    }),
    documentCost: t.exposeInt("documentCost", {
      description:
        "Maximum cost of a GraphQL document; the cost of a list is multiplied by its `first`.",
    }),
    operationMs: t.exposeInt("operationMs", {
      description: "Maximum duration of an operation including `waitMs`, in milliseconds.",
    }),
    dataBytes: t.int({
      description: "Maximum size of an event's data as JSON, in bytes.",
      resolve: () => eventLimits.dataBytes,
    }),
    batchEvents: t.int({
      description: "Maximum number of events in one emitEvents.",
      resolve: () => eventLimits.batch,
    }),
    pageRows: t.int({
      description: "Maximum number of rows per page (`first`).",
      resolve: () => MAX_PAGE,
    }),
  }),
});

const HubInfo = builder.objectRef<HubFacts>("HubInfo").implement({
  description: "The running hub and its settings.",
  fields: (t) => ({
    version: t.exposeString("version", { description: "The version of Signalbox, such as 0.1.0." }),
    publicUrl: t.string({
      description: "The hub's public address (SIGNALBOX_PUBLIC_URL).",
      resolve: ({ publicUrl }) => publicUrl(),
    }),
    traceUrl: t.exposeString("traceUrl", {
      nullable: true,
      description:
        "The page that shows a trace, with {traceId} in place of its id (SIGNALBOX_TRACE_URL).",
    }),
    retentionDays: t.exposeInt("retentionDays", {
      description:
        "Days for which ended records are kept (SIGNALBOX_RETENTION_DAYS). They are removed later by at most a fifth of that time or one day, whichever is longer.",
    }),
    limits: t.field({
      type: HubLimits,
      description: "The limits of one request.",
      resolve: (facts) => facts,
    }),
  }),
});

builder.queryField("hub", (t) =>
  t.field({
    type: HubInfo,
    description: "The hub that answers this request.",
    resolve: (_root, _args, { hub }) => hub.facts,
  }),
);
