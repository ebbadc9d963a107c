import type { HookSettings } from "../../domain/hook/hookInput.ts";
import {
  type PreviewedEvent,
  previewEvent,
  previewHook,
  settingsToTry,
} from "../../domain/hook/hookPreview.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event, loadEventResource, withDocuments } from "../event/event.ts";
import { pageRequest } from "../page/connection.ts";
import { batched } from "../page/loaders.ts";
import { currentProject } from "../project/project.ts";
import { HookFormatEnum, MatchReasonEnum } from "./hookEnums.ts";

const HookTrial = builder.objectRef<PreviewedEvent>("HookTrial").implement({
  description: "The result of trying an unregistered hook on one event.",
  fields: (t) => ({
    event: t.expose("event", { type: Event, description: "The event." }),
    reason: t.expose("reason", {
      type: MatchReasonEnum,
      description: "Why the hook would or would not have matched.",
    }),
    detail: t.exposeString("detail", {
      nullable: true,
      description: "Details of the reason, such as the field that a filter did not find.",
    }),
    contentType: t.string({
      nullable: true,
      description: "The content type of the request; null if the hook did not match.",
      resolve: ({ request }) => request?.contentType ?? null,
    }),
    headers: t.field({
      type: "JSON",
      nullable: true,
      description:
        "The format's own headers of the request, such as `ce-id`; null if the hook did not match. The headers of Standard Webhooks and of the hub come on top.",
      resolve: ({ request }) => request?.headers ?? null,
    }),
    body: t.string({
      nullable: true,
      description: "The exact request body; null if the hook did not match, or has an `error`.",
      resolve: ({ request }) => request?.body ?? null,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "Why the template or selection can't make a body of this event; null if it can.",
    }),
    orderKey: t.string({
      nullable: true,
      description:
        "What `orderBy` yields for the event; null if the hook did not match, or the event has no order.",
      resolve: ({ order }) => order?.key ?? null,
    }),
    orderDetail: t.string({
      nullable: true,
      description: "Why `orderBy` yields no key for the event; null if it does.",
      resolve: ({ order }) => order?.detail ?? null,
    }),
  }),
});

const HookPreview = payloadType<{ trials: PreviewedEvent[] }>(
  "HookPreview",
  "The result of previewHook.",
  (t) => ({
    trials: t.field({
      type: [HookTrial],
      nullable: true,
      description: "The newest events of the hook's types, newest first, with the result for each.",
      resolve: ({ trials }) => trials,
    }),
  }),
);

const PreviewHookInput = builder.inputType("PreviewHookInput", {
  description: "The fields of RegisterHookInput that a preview uses.",
  fields: (t) => ({
    types: t.stringList({ required: true, description: "As in RegisterHookInput." }),
    url: t.string({ description: "As in RegisterHookInput. It is validated but never called." }),
    format: t.field({
      type: HookFormatEnum,
      defaultValue: "CLOUD_EVENT",
      description: "As in RegisterHookInput.",
    }),
    channels: t.stringList({ description: "As in RegisterHookInput." }),
    filter: t.string({ description: "As in RegisterHookInput." }),
    userId: t.string({ description: "As in RegisterHookInput." }),
    headers: t.field({ type: "JSON", description: "As in RegisterHookInput." }),
    orderBy: t.string({ description: "As in RegisterHookInput." }),
    template: t.string({ description: "As in RegisterHookInput." }),
    templateContentType: t.string({ description: "As in RegisterHookInput." }),
    selection: t.string({ description: "As in RegisterHookInput." }),
    changed: t.stringList({ description: "As in RegisterHookInput." }),
  }),
});

type Input = (typeof PreviewHookInput)["$inferInput"];

/** The settings of a hook that is tried on events: checked once per request, however many events there are. */
async function settingsOf(context: Context, { url, ...input }: Input): Promise<HookSettings> {
  const once = batched(context, `hook tried: ${JSON.stringify(input)}`, async () => {
    const project = await currentProject(context);
    const { payloads } = context.hub.programs;
    const settings = await settingsToTry(
      { read: (_, work) => context.read(work), payloads },
      project,
      input,
    );
    return new Map([["", settings]]);
  });
  const settings = await once.load("");
  if (!settings) throw new Error("a hook has no settings");
  return settings;
}

builder.objectField(Event, "trial", (t) =>
  t.field({
    type: HookTrial,
    description:
      "What a hook with these settings would do with this event. Nothing is stored or sent. Counts as one hook examined, as in `why`. Errors: INVALID, FILTER_INVALID, UNKNOWN_TYPE.",
    args: {
      hook: t.arg({
        type: PreviewHookInput,
        required: true,
        description: "The hook; its URL is not used.",
      }),
    },
    resolve: async (head, { hook }, context) => {
      const { budget, caller, hub, read } = context;
      budget.spend("hooksExamined", 1);
      await hub.turns.take(caller.projectId);
      const [project, settings, event, resource] = await Promise.all([
        currentProject(context),
        settingsOf(context, hook),
        withDocuments(context, head),
        hook.format === "RESOURCE" ? loadEventResource(context, head.id) : null,
      ]);
      return previewEvent(
        { read: (_, work) => read(work), ...hub.programs },
        project,
        settings,
        event,
        resource ?? null,
      );
    },
  }),
);

builder.queryField("previewHook", (t) =>
  t.field({
    type: HookPreview,
    description:
      "Tries a hook on the newest events of its types without registering it. Nothing is stored or sent. Errors: INVALID, FILTER_INVALID, TARGET_REFUSED.",
    args: {
      input: t.arg({ type: PreviewHookInput, required: true, description: "The hook." }),
      first: t.arg.int({
        defaultValue: 20,
        description: "The number of events to try: 0 to 100, default 20.",
      }),
    },
    resolve: async (_root, { input: { url, ...input }, first }, context) => {
      const { hub } = context;
      const project = await currentProject(context);
      const page = pageRequest({ first });
      // An invalid target does not prevent the preview of matches.
      const target = await withUserErrors(async () => {
        if (url != null) await hub.hooks.checkTarget(url, project.id);
        return {};
      });
      const preview = await withUserErrors(async () => ({
        trials: await previewHook(
          { read: (_, work) => context.read(work), ...hub.programs },
          project,
          input,
          page,
        ),
      }));
      return { ...preview, userErrors: [...target.userErrors, ...preview.userErrors] };
    },
  }),
);
