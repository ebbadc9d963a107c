import { resourcesOfEvents } from "../../db/event/eventResources.ts";
import {
  documentsOfEvents,
  type EventDocuments,
  type EventHead,
  eventHeadColumns,
  eventHeadsById,
} from "../../db/event/events.ts";
import { listEvents } from "../../db/event/list.ts";
import { createEnvelope, envelopeEvent } from "../../domain/event/envelope.ts";
import type { MatchTrace } from "../../domain/event/why.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, byId, rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";
import { currentProject } from "../project/project.ts";
import { whyOf } from "./why.ts";

const EventStatusEnum = describedEnum("EventStatus", "The state of an event.", {
  SCHEDULED: "Accepted. It is matched with hooks and workflows when it is due (`scheduledFor`).",
  STAGED: "Accepted. It is being matched with hooks and workflows.",
  DISPATCHED: "Matched. Deliveries or workflow runs are in progress or parked.",
  PROCESSED:
    "Every delivery and run has ended and none FAILED. Also the state of an event that matched nothing.",
  FAILED:
    "Every delivery and run has ended and at least one is FAILED or QUARANTINED, or the event did not match the schema of its type (`error`).",
  CANCELLED: "Cancelled before it was matched. It has no deliveries.",
});

const EventOriginEnum = describedEnum("EventOrigin", "How an event was emitted.", {
  API: "By emitEvent, emitEvents or runEvent.",
  MANUAL: "By hand, with triggerHook or runEventSchedule.",
  SCHEDULE: "By a schedule, when it was due; `idempotencyKey` names it: schedule:<id>:<time>.",
  TEST: "By testHook, for one hook alone. Event streams do not show it.",
  SQL: "By signalbox.emit(…) in a transaction of another application.",
  REST: "By createResource, updateResource or deleteResource.",
  SYSTEM:
    "By the hub itself, to report what it did with another event (see `Project.systemEvents`).",
});

export const ContentTypeEnum = describedEnum("ContentType", "How to display `content`.", {
  TEXT: "A string.",
  ROWS: "A list of rows.",
  JSON: "Any JSON value.",
  IMAGE: "The URL of an image.",
});

const Subject = builder.objectRef<{ type: string; id: string }>("Subject").implement({
  description: "What an event is about.",
  fields: (t) => ({
    type: t.exposeString("type", { description: "The kind of thing." }),
    id: t.exposeString("id", { description: "Its id; the CloudEvents 1.0 attribute `subject`." }),
  }),
});

/** An event whose documents (`data`, `content`) are loaded on demand. */
type ShownEvent = EventHead & Partial<EventDocuments>;

/** An event of the caller's project. */
export const loadEvent = rowLoader<ShownEvent>("event", eventHeadsById);

const hasDocuments = (event: ShownEvent): event is EventHead & EventDocuments =>
  event.data !== undefined && event.content !== undefined;

/** Loads the event's documents if they are missing. */
export async function withDocuments(
  context: Context,
  event: ShownEvent,
): Promise<EventHead & EventDocuments> {
  if (hasDocuments(event)) return event;
  const { caller, read } = context;
  const loader = batched(context, "documents of event", async (ids) =>
    byId(await read((sql) => documentsOfEvents(sql, caller.projectId, ids))),
  );
  const documents = await loader.load(event.id);
  if (!documents) throw new Error(`event ${event.id} is gone`);
  return { ...event, ...documents };
}

/** The representation that hooks of format RESOURCE receive for an event, as JSON text. */
export const loadEventResource = (context: Context, eventId: string) =>
  batched(context, "resource of event", async (ids) => {
    const { caller, read } = context;
    const rows = await read((sql) => resourcesOfEvents(sql, caller.projectId, ids));
    return new Map(rows.map((row) => [row.eventId, row.representation]));
  }).load(eventId);

export const Event = builder.objectRef<ShownEvent>("Event");
export const MatchTraceRef = builder.objectRef<MatchTrace>("MatchTrace");

Event.implement({
  description:
    "Something that happened: a type and data. An event never changes after it is accepted.",
  interfaces: [Node],
  fields: (t) => ({
    type: t.exposeString("type", {
      description: "The event type; 1 to 200 characters, case-sensitive.",
    }),
    typeVersion: t.exposeInt("typeVersion", {
      nullable: true,
      description:
        "The version of the event type that the data was validated against; null for an unregistered type.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "The data as emitted; at most 256 KiB as JSON.",
      resolve: async (event, _args, context) => rawJson((await withDocuments(context, event)).data),
    }),
    source: t.string({
      description: "The CloudEvents `source`: that of the project.",
      resolve: async (_event, _args, context) => (await currentProject(context)).source,
    }),
    name: t.exposeString("name", {
      description: "A heading for people. Default: the type.",
    }),
    avatar: t.exposeString("avatar", { nullable: true, description: "An emoji or an image URL." }),
    category: t.exposeString("category", {
      nullable: true,
      description: "The category to group and filter by.",
    }),
    contentType: t.expose("contentType", {
      type: ContentTypeEnum,
      description: "How to display `content`.",
    }),
    content: t.field({
      type: "JSON",
      nullable: true,
      description: "What to show to people.",
      resolve: async (event, _args, context) =>
        rawJson((await withDocuments(context, event)).content),
    }),
    userId: t.exposeString("userId", {
      nullable: true,
      description: "The id of the emitter's user that the event belongs to.",
    }),
    subject: t.field({
      type: Subject,
      nullable: true,
      description: "What the event is about.",
      resolve: ({ subjectType, subjectId }) =>
        subjectType !== null && subjectId !== null ? { type: subjectType, id: subjectId } : null,
    }),
    contextId: t.exposeString("contextId", {
      nullable: true,
      description: "Events with the same context id form a timeline.",
    }),
    stepUuid: t.exposeString("stepUuid", {
      nullable: true,
      description: "goflow's `step_uuid`: a version 4 UUID.",
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      nullable: true,
      description: "The idempotency key that it was emitted with.",
    }),
    uid: t.exposeString("uid", {
      nullable: true,
      description: "The emitter's id of the event, unique among the events of the user.",
    }),
    channels: t.exposeStringList("channels", {
      nullable: true,
      description: "The channels that hooks with channels are matched by.",
    }),
    tags: t.exposeStringList("tags", {
      nullable: true,
      description: "Labels that the event was emitted with; they are never sent.",
    }),
    origin: t.expose("origin", {
      type: EventOriginEnum,
      description: "How the event was emitted.",
    }),
    causedBy: t.field({
      type: Event,
      nullable: true,
      description: "The event that caused this one.",
      resolve: async ({ causeId }, _args, context) =>
        causeId === null ? null : await loadEvent(context, causeId),
    }),
    occurredAt: t.expose("occurredAt", {
      type: "DateTime",
      description: "When the event happened. Default: when it was received.",
    }),
    scheduledFor: t.expose("scheduledFor", {
      type: "DateTime",
      nullable: true,
      description:
        "When the event is or was due: `timestamp` + `delay`, or emit time + `delay`. Null if neither was given.",
    }),
    receivedAt: t.expose("receivedAt", {
      type: "DateTime",
      description: "When the event was accepted.",
    }),
    status: t.expose("status", { type: EventStatusEnum, description: "The current state." }),
    error: t.exposeString("error", {
      nullable: true,
      description:
        "Why the event FAILED before any delivery: its data does not match the schema of its type (events emitted by SQL), or it could not be matched with hooks. Null otherwise.",
    }),
    expungedAt: t.expose("expungedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its content was erased (expungeEvent, expungeUser). Null otherwise.",
    }),
    expungedBy: t.exposeString("expungedBy", {
      nullable: true,
      description: "The name of the key that erased its content. Null otherwise.",
    }),
    cloudEvent: t.field({
      type: "JSON",
      description: "The body that hooks of format CLOUD_EVENT receive (CloudEvents 1.0-rc1).",
      resolve: async (head, _args, context) => {
        const { source } = await currentProject(context);
        const event = await withDocuments(context, head);
        return rawJson(createEnvelope(envelopeEvent(event, source), "CLOUD_EVENT").body);
      },
    }),
    why: t.field({
      type: [MatchTraceRef],
      description:
        "For each hook of the project that was considered for this event: whether it matched, and the reason. Empty until the event is matched. One request may examine at most 50,000 hooks in total; more is LIMIT_EXCEEDED.",
      resolve: async (head, _args, context) => {
        const event = await withDocuments(context, head);
        return whyOf(context, event, () => loadEventResource(context, event.id));
      },
    }),
  }),
});

const EventConnection = connectionType("Event", Event);

builder.queryFields((t) => ({
  event: t.field({
    type: Event,
    nullable: true,
    description: "The event with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The event's id." }) },
    resolve: (_root, { id }, context) => loadEvent(context, id),
  }),
  events: t.field({
    type: EventConnection,
    description: "The project's events, newest first.",
    args: {
      ...pageArgs,
      types: t.arg.stringList({
        description:
          "Only with one of these types; at most 100. Exact names, `*`, or prefixes such as `ticket.*`. Events of origin SYSTEM match exact names only, except for those about hooks (`hook.failing` and so on).",
      }),
      status: t.arg({
        type: [EventStatusEnum],
        description: "Only with one of these statuses; at most 100.",
      }),
      category: t.arg.string({ description: "Only with this category." }),
      contextId: t.arg.string({ description: "Only with this context id." }),
      userId: t.arg.string({ description: "Only with this user id." }),
      subjectType: t.arg.string({ description: "Only with this subject type." }),
      subjectId: t.arg.string({
        description:
          "Only with this subject id. The search is fast only together with `subjectType`.",
      }),
      search: t.arg.string({
        description:
          "Only with this text in the name, type or data; case-insensitive. At most 200 characters.",
      }),
      since: t.arg({ type: "DateTime", description: "Only if it happened at this time or later." }),
      until: t.arg({ type: "DateTime", description: "Only if it happened before this time." }),
    },
    resolve: async (_root, { since, until, ...args }, { caller, read }) => {
      const filter = {
        ...args,
        since: since ? new Date(since) : null,
        until: until ? new Date(until) : null,
      };
      return toConnection(
        await read((sql) =>
          listEvents<EventHead>(
            sql,
            caller.projectId,
            filter,
            pageRequest(args),
            eventHeadColumns(sql),
          ),
        ),
      );
    },
  }),
}));
