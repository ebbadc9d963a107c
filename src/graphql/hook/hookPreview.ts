import { type PreviewedEvent, previewHook } from "../../domain/hook/hookPreview.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event } from "../event/event.ts";
import { pageRequest } from "../page/connection.ts";
import { currentProject } from "../project/project.ts";
import { HookFormatEnum, MatchReasonEnum } from "./hook.ts";

const HookTrial = builder.objectRef<PreviewedEvent>("HookTrial").implement({
  description: "What a hook that is being written would have made of one event.",
  fields: (t) => ({
    event: t.expose("event", { type: Event, description: "The event it was tried on." }),
    reason: t.expose("reason", {
      type: MatchReasonEnum,
      description: "Why it would have taken part, or not.",
    }),
    detail: t.exposeString("detail", {
      nullable: true,
      description: "More of the reason, such as what a filter lacked.",
    }),
    contentType: t.string({
      nullable: true,
      description: "The body's content type; null unless it matched.",
      resolve: ({ request }) => request?.contentType ?? null,
    }),
    body: t.string({
      nullable: true,
      description: "The very bytes it would have received; null unless it matched.",
      resolve: ({ request }) => request?.body ?? null,
    }),
  }),
});

const HookPreview = payloadType<{ trials: PreviewedEvent[] }>(
  "HookPreview",
  "What previewHook answers.",
  (t) => ({
    trials: t.field({
      type: [HookTrial],
      nullable: true,
      description: "The newest events of its types, newest first, and what came of each.",
      resolve: ({ trials }) => trials,
    }),
  }),
);

const PreviewHookInput = builder.inputType("PreviewHookInput", {
  description: "A hook that is being written: the part of RegisterHookInput that can be tried.",
  fields: (t) => ({
    types: t.stringList({ required: true, description: "As in RegisterHookInput." }),
    url: t.string({ description: "As in RegisterHookInput; checked when given, never called." }),
    format: t.field({
      type: HookFormatEnum,
      defaultValue: "CLOUD_EVENT",
      description: "As in RegisterHookInput.",
    }),
    filter: t.string({ description: "As in RegisterHookInput." }),
    userId: t.string({ description: "As in RegisterHookInput." }),
    headers: t.field({ type: "JSON", description: "As in RegisterHookInput." }),
  }),
});

builder.queryField("previewHook", (t) =>
  t.field({
    type: HookPreview,
    description:
      "Tries a hook on the newest events of its types before it is registered: nothing is stored or sent. Errors: INVALID, FILTER_INVALID, TARGET_REFUSED.",
    args: {
      input: t.arg({ type: PreviewHookInput, required: true, description: "The hook." }),
      first: t.arg.int({
        defaultValue: 20,
        description: "How many events: 0 to 100, default 20.",
      }),
    },
    resolve: async (_root, { input: { url, ...input }, first }, context) => {
      const { hub } = context;
      const project = await currentProject(context);
      const page = pageRequest({ first });
      // What is said of the target has no bearing on what matches.
      const target = await withUserErrors(async () => {
        if (url != null) await hub.hooks.checkTarget(url, project.id);
        return {};
      });
      const preview = await withUserErrors(async () => ({
        trials: await previewHook(
          { read: hub.read, filters: hub.programs.filters },
          project,
          input,
          page,
        ),
      }));
      return { ...preview, userErrors: [...target.userErrors, ...preview.userErrors] };
    },
  }),
);
