import { type ApiKeyRow, keysById } from "../../db/project/apiKeys.ts";
import { isId } from "../../util/ids.ts";
import { loadAction } from "../action/action.ts";
import { loadPress } from "../action/press.ts";
import { asNode, builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { loadDelivery } from "../delivery/delivery.ts";
import { loadReplay } from "../delivery/replay.ts";
import { loadEvent } from "../event/event.ts";
import { loadEventType } from "../eventType/eventType.ts";
import { loadHook } from "../hook/hook.ts";
import { currentProject } from "../project/project.ts";
import { loadResource } from "../resource/resource.ts";
import { loadResourceType } from "../resource/resourceType.ts";
import { loadEventSchedule } from "../schedule/schedule.ts";
import { loadInstallation } from "../workflow/installation.ts";
import { loadWorkflow } from "../workflow/workflow.ts";
import { loadRun } from "../workflow/workflowRun.ts";
import { rowLoader } from "./loaders.ts";

const loadApiKey = rowLoader<ApiKeyRow>("apiKey", keysById);

type Find = (context: Context, id: string) => Promise<{ id: string } | undefined>;

/** The object of this type with this id, if there still is one and the caller may read it. */
export async function findNode(context: Context, type: string, id: string) {
  const row = await finders[type]?.(context, id);
  return row && asNode(type, row);
}

const finders: Record<string, Find> = {
  Event: loadEvent,
  Delivery: loadDelivery,
  Hook: loadHook,
  EventType: loadEventType,
  Replay: loadReplay,
  Workflow: loadWorkflow,
  Installation: loadInstallation,
  WorkflowRun: loadRun,
  Resource: loadResource,
  ResourceType: loadResourceType,
  Action: loadAction,
  Press: loadPress,
  EventSchedule: loadEventSchedule,
  Project: async (context, id) => {
    const project = await currentProject(context);
    return project.id === id ? project : undefined;
  },
  // Only ADMIN may read keys, as in `apiKeys`.
  ApiKey: async (context, id) =>
    context.caller.role === "ADMIN" ? loadApiKey(context, id) : undefined,
};

builder.queryField("node", (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: "The object of the caller's project with this id; null if there is none.",
    args: { id: t.arg.id({ required: true, description: "The object's id." }) },
    resolve: async (_root, { id }, context) => {
      if (!isId(id)) return null;
      const found = await Promise.all(
        Object.keys(finders).map((type) => findNode(context, type, id)),
      );
      return found.find((row) => row !== undefined) ?? null;
    },
  }),
);
