import "./apiKey.ts";
import "./catalog.ts";
import "./delivery.ts";
import "./emit.ts";
import "./event.ts";
import "./eventSchedule.ts";
import "./eventType.ts";
import "./hook.ts";
import "./hookMutations.ts";
import "./live.ts";
import "./node.ts";
import "./project.ts";
import "./readEvent.ts";
import "./replay.ts";
import { builder } from "./builder.ts";

export const schema = builder.toSchema();
