import type { EventDocuments, EventHead } from "../../db/event/events.ts";
import { hooksAsOf, type PastHook } from "../../db/hook/hooks.ts";
import { explainMatches, type MatchTrace } from "../../domain/event/why.ts";
import type { Context } from "../builder/context.ts";
import type { RequestBudget } from "../gate/requestBudget.ts";
import { batched } from "../page/loaders.ts";
import { currentProject } from "../project/project.ts";

/**
 * The project's hooks as of a config version. Each version of a hook is read once for all events.
 */
const hooksAsOfVersion = (context: Context, configVersion: number) =>
  batched(context, "hooks as of", async (versions) => {
    const { caller, read } = context;
    const hooks = await read((sql) => hooksAsOf(sql, caller.projectId, versions.map(Number)));
    const under = new Map<string, PastHook[]>(versions.map((version) => [version, []]));
    for (const { asOf, ...hook } of hooks)
      for (const version of asOf) under.get(String(version))?.push(hook);
    return under;
  }).load(String(configVersion));

/** The last explanation in progress, by request. */
const explanations = new WeakMap<RequestBudget, Promise<unknown>>();

/**
 * Explains why each hook did or did not match an event. The events of a request are explained one
 * after the other, so that they do not block the process, and only as many as the budget allows.
 */
export async function whyOf(
  context: Context,
  event: EventHead & EventDocuments,
  loadResource: () => Promise<unknown>,
): Promise<MatchTrace[]> {
  if (event.configVersion === null) return [];
  const { budget, caller, hub } = context;
  const hooks = (await hooksAsOfVersion(context, event.configVersion)) ?? [];
  budget.spend("hooksExamined", hooks.length);
  const { source } = await currentProject(context);
  const sendsResource = hooks.some(({ format }) => format === "RESOURCE");
  const resource = sendsResource ? await loadResource() : undefined;
  const explained = (explanations.get(budget) ?? Promise.resolve()).then(async () => {
    await hub.turns.take(caller.projectId);
    budget.spend("hooksExamined", 0);
    return explainMatches(hub.programs.filters, hooks, event, source, resource !== undefined);
  });
  explanations.set(
    budget,
    explained.catch(() => {}),
  );
  return explained;
}
