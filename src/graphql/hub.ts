import { eventLimits } from "../domain/event/eventInput.ts";
import { builder } from "./builder/builder.ts";
import type { HubFacts } from "./builder/context.ts";
import { MAX_PAGE } from "./page/connection.ts";

const HubLimits = builder.objectRef<HubFacts>("HubLimits").implement({
  description: "Limits that callers meet first; the README lists all of them.",
  fields: (t) => ({
    bodyBytes: t.exposeInt("bodyBytes", { description: "One HTTP request, in bytes." }),
    documentCost: t.exposeInt("documentCost", {
      description: "What one GraphQL document may cost, lists multiplied by their `first`.",
    }),
    operationMs: t.exposeInt("operationMs", {
      description: "How long one operation may take, waiting included, in milliseconds.",
    }),
    dataBytes: t.int({
      description: "One event's data as JSON, in bytes.",
      resolve: () => eventLimits.dataBytes,
    }),
    batchEvents: t.int({
      description: "Events in one emitEvents.",
      resolve: () => eventLimits.batch,
    }),
    pageRows: t.int({ description: "Rows of one page (`first`).", resolve: () => MAX_PAGE }),
  }),
});

const HubInfo = builder.objectRef<HubFacts>("HubInfo").implement({
  description: "The hub itself: what runs here, and with which settings.",
  fields: (t) => ({
    version: t.exposeString("version", { description: "The version of Signalbox, such as 0.1.0." }),
    publicUrl: t.string({
      description: "The address people use (SIGNALBOX_PUBLIC_URL).",
      resolve: ({ publicUrl }) => publicUrl(),
    }),
    retentionDays: t.exposeInt("retentionDays", {
      description:
        "How many days what has ended is kept (SIGNALBOX_RETENTION_DAYS). It goes at most a fifth of them later, and a day where that is more.",
    }),
    limits: t.field({
      type: HubLimits,
      description: "What one request may hold and take.",
      resolve: (facts) => facts,
    }),
  }),
});

builder.queryField("hub", (t) =>
  t.field({
    type: HubInfo,
    description: "The hub that answers.",
    resolve: (_root, _args, { hub }) => hub.facts,
  }),
);
