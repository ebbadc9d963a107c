import { keysById } from "../../db/project/apiKeys.ts";
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
  ApiKey: async ({ caller, read }, id) =>
    caller.role === "ADMIN"
      ? (await read((sql) => keysById(sql, caller.projectId, [id]))).at(0)
      : undefined,
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
