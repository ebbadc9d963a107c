import { traceIdOf } from "../../util/traceContext.ts";
import { builder } from "../builder/builder.ts";
import { Event } from "./event.ts";

builder.objectField(Event, "traceId", (t) =>
  t.string({
    nullable: true,
    description:
      "The id of the trace that it was emitted in (W3C Trace Context): 32 hexadecimal digits. Its deliveries carry it on.",
    resolve: ({ trace }) => traceIdOf(trace),
  }),
);
