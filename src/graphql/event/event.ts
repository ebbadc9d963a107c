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
import { rawJson } from "../../util/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, byId, rowLoader } from "../page/loaders.ts";
import { currentProject } from "../project/project.ts";
import { whyOf } from "./why.ts";

const EventStatusEnum = describedEnum("EventStatus", "Where an event stands.", {
  SCHEDULED: "Accepted; matched when it is due (`scheduledFor`).",
  STAGED: "Accepted; its hooks are being matched.",
  DISPATCHED: "Matched; deliveries or runs of workflows are under way, or parked.",
  PROCESSED:
    "Every delivery and run has ended, none FAILED; also an event that no hook and no workflow wanted.",
  FAILED:
    "Every delivery and run has ended, at least one FAILED or QUARANTINED; or the event did not fit its type (`error`).",
  CANCELLED: "Cancelled before it was matched; it has no delivery.",
});

const EventOriginEnum = describedEnum("EventOrigin", "Where an event came from.", {
  API: "emitEvent or emitEvents.",
  MANUAL: "triggerHook: a person.",
  SQL: "signalbox.emit(…) in somebody's transaction.",
  REST: "createResource, updateResource or deleteResource.",
  SYSTEM: "The hub, telling what it did with another event (`Project.systemEvents`).",
});

export const ContentTypeEnum = describedEnum("ContentType", "How `content` is to be shown.", {
  TEXT: "A string.",
  ROWS: "A list of rows.",
  JSON: "Any JSON value.",
  IMAGE: "The URL of an image.",
});

const Subject = builder.objectRef<{ type: string; id: string }>("Subject").implement({
  description: "What an event is about.",
  fields: (t) => ({
    type: t.exposeString("type", { description: "The kind of thing." }),
    id: t.exposeString("id", { description: "Which one; CloudEvents 1.0 `subject`." }),
  }),
});

/** Its documents are loaded when they are asked for, unless they are there already. */
type ShownEvent = EventHead & Partial<EventDocuments>;

/** An event of the caller's project. */
export const loadEvent = rowLoader<ShownEvent>("event", eventHeadsById);

const hasDocuments = (event: ShownEvent): event is EventHead & EventDocuments =>
  event.data !== undefined && event.content !== undefined;

/** The event with its documents. */
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

/** What hooks of format RESOURCE are sent for an event, as JSON text. */
export const loadEventResource = (context: Context, eventId: string) =>
  batched(context, "resource of event", async (ids) => {
    const { caller, read } = context;
    const rows = await read((sql) => resourcesOfEvents(sql, caller.projectId, ids));
    return new Map(rows.map((row) => [row.eventId, row.representation]));
  }).load(eventId);

export const Event = builder.objectRef<ShownEvent>("Event");
export const MatchTraceRef = builder.objectRef<MatchTrace>("MatchTrace");

Event.implement({
  description: "Something that happened, of a type, with data; accepted once, never changed.",
  interfaces: [Node],
  fields: (t) => ({
    type: t.exposeString("type", {
      description: "What kind of event; 1 to 200 characters, case-sensitive.",
    }),
    typeVersion: t.exposeInt("typeVersion", {
      nullable: true,
      description:
        "The version of its type it was checked against; null for a type that is not registered.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "What the emitter sent; at most 256 KiB as JSON.",
      resolve: async (event, _args, context) => rawJson((await withDocuments(context, event)).data),
    }),
    source: t.string({
      description: "CloudEvents `source`: the project's.",
      resolve: async (_event, _args, context) => (await currentProject(context)).source,
    }),
    name: t.exposeString("name", {
      description: "A heading for people; the type when none was given.",
    }),
    avatar: t.exposeString("avatar", { nullable: true, description: "An emoji or an image URL." }),
    category: t.exposeString("category", {
      nullable: true,
      description: "To group and filter by.",
    }),
    contentType: t.expose("contentType", {
      type: ContentTypeEnum,
      description: "How `content` is to be shown.",
    }),
    content: t.field({
      type: "JSON",
      nullable: true,
      description: "What people are shown.",
      resolve: async (event, _args, context) =>
        rawJson((await withDocuments(context, event)).content),
    }),
    userId: t.exposeString("userId", {
      nullable: true,
      description: "The emitter's user it belongs to.",
    }),
    subject: t.field({
      type: Subject,
      nullable: true,
      description: "What it is about.",
      resolve: ({ subjectType, subjectId }) =>
        subjectType !== null && subjectId !== null ? { type: subjectType, id: subjectId } : null,
    }),
    contextId: t.exposeString("contextId", {
      nullable: true,
      description: "Events of one context form a timeline.",
    }),
    stepUuid: t.exposeString("stepUuid", {
      nullable: true,
      description: "goflow's `step_uuid`: a UUID4.",
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      nullable: true,
      description: "The key it was emitted with.",
    }),
    origin: t.expose("origin", { type: EventOriginEnum, description: "Where it came from." }),
    causedBy: t.field({
      type: Event,
      nullable: true,
      description: "The event that led to this one.",
      resolve: async ({ causeId }, _args, context) =>
        causeId === null ? null : await loadEvent(context, causeId),
    }),
    occurredAt: t.expose("occurredAt", {
      type: "DateTime",
      description: "When it happened; when it was received, unless given.",
    }),
    scheduledFor: t.expose("scheduledFor", {
      type: "DateTime",
      nullable: true,
      description:
        "When it is or was due: `timestamp` + `delay`, or now + `delay`; null when it was emitted with neither.",
    }),
    receivedAt: t.expose("receivedAt", { type: "DateTime", description: "When it was accepted." }),
    status: t.expose("status", { type: EventStatusEnum, description: "Where it stands." }),
    error: t.exposeString("error", {
      nullable: true,
      description:
        "Why it FAILED before any delivery: an event of the SQL door does not fit its type, or an event could not be matched with its hooks.",
    }),
    cloudEvent: t.field({
      type: "JSON",
      description: "What a hook of format CLOUD_EVENT receives (CloudEvents 1.0-rc1).",
      resolve: async (head, _args, context) => {
        const { source } = await currentProject(context);
        const event = await withDocuments(context, head);
        return rawJson(createEnvelope(envelopeEvent(event, source), "CLOUD_EVENT").body);
      },
    }),
    why: t.field({
      type: [MatchTraceRef],
      description:
        "Every hook of the project looked at for this event, matched or not, and the reason; empty until it is matched. A request takes 50,000 together.",
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
    description: "An event by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The event's id." }) },
    resolve: (_root, { id }, context) => loadEvent(context, id),
  }),
  events: t.field({
    type: EventConnection,
    description: "The project's events, newest first.",
    args: {
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
      types: t.arg.stringList({
        description:
          "Of these types only, at most 100: exact names, `*`, or prefixes such as `ticket.*`. Events of origin SYSTEM show only " +
          "where their type is named exactly.",
      }),
      status: t.arg({ type: [EventStatusEnum], description: "In these states only; at most 100." }),
      category: t.arg.string({ description: "Of this category only." }),
      contextId: t.arg.string({ description: "Of this context only." }),
      userId: t.arg.string({ description: "Of this user only." }),
      subjectType: t.arg.string({ description: "About a thing of this kind only." }),
      subjectId: t.arg.string({
        description: "About the thing of this id only; found fast together with `subjectType`.",
      }),
      search: t.arg.string({
        description: "With this text in name, type or data, in any case; at most 200 characters.",
      }),
      since: t.arg({ type: "DateTime", description: "That happened then or later." }),
      until: t.arg({ type: "DateTime", description: "That happened before then." }),
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
