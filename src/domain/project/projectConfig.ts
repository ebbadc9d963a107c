import { LRUCache } from "lru-cache";
import type { Pool } from "../../db/connection/client.ts";
import { type BodyFormat, payloadFormat } from "../../db/delivery/eventBodies.ts";
import { loadEventTypes } from "../../db/eventType/eventTypes.ts";
import { type HookFormat, matchableHooks } from "../../db/hook/hooks.ts";
import { configVersions, projectsById } from "../../db/project/projects.ts";
import { releasedWorkflows } from "../../db/workflow/workflows.ts";
import { indexHooksByUser } from "../hook/hookIndex.ts";
import type { MatchRule } from "../hook/hookMatch.ts";
import { bytesOfConfig } from "./configBytes.ts";

/** A hook as matching needs it. */
export type ConfiguredHook = MatchRule & {
  id: string;
  format: HookFormat;
  /** The format of its deliveries. */
  bodyFormat: BodyFormat;
  maxAttempts: number;
  /** CEL; null without order. */
  orderBy: string | null;
};

/** A registered type; its schema is loaded when first needed (schemaChecks.ts). */
type ConfiguredType = { typeId: string; version: number; hasSchema: boolean };

/** Everything about a project that an emit depends on, as of one `heads.config_version`. */
export type ProjectConfig = {
  projectId: string;
  version: number;
  source: string;
  requireRegisteredTypes: boolean;
  systemEvents: boolean;
  types: Map<string, ConfiguredType>;
  /** The hooks whose patterns match this type, for all users or for this one, oldest first. */
  hooksFor(type: string, userId: string | null): ConfiguredHook[];
  /** The live hook with this id. */
  hook(id: string): ConfiguredHook | undefined;
  /** The number of those hooks, at most, without collecting them. */
  hookCount(type: string, userId: string | null): number;
  /** The same of the hooks of all users. */
  hooksOfAll(type: string): ConfiguredHook[];
  countOfAll(type: string): number;
  /** Whether any hook has `orderBy`. */
  hasOrder: boolean;
  /** The released workflows of this type. */
  workflowsFor(type: string): { id: string; version: number }[];
};

export type ProjectConfigs = {
  /** The current configuration of each project. Sees every change that was answered before this call. */
  current(projectIds: string[]): Promise<Map<string, ProjectConfig>>;
  /** The cached configurations, without a query. A write under an outdated one is rejected (isStaleConfig). */
  lastKnown(projectIds: string[]): Promise<Map<string, ProjectConfig>>;
};

/** Memory of all configurations of a process, in bytes; the least recently used one is evicted first. */
const MAX_BYTES = 256_000_000;
/**
 * The configurations of the projects that this process serves. A project is reloaded when its version has changed,
 * which a rejected write or one small query reveals.
 */
export function createProjectConfigs(sql: Pool): ProjectConfigs {
  const configs = new LRUCache<string, ProjectConfig>({ maxSize: MAX_BYTES });
  const loading = new Map<string, Promise<ProjectConfig | undefined>>();

  /** One load per project and version at a time, shared by all callers. */
  function load(projectId: string, version: number): Promise<ProjectConfig | undefined> {
    const key = `${projectId} ${version}`;
    const pending = loading.get(key) ?? loadNow(projectId).finally(() => loading.delete(key));
    loading.set(key, pending);
    return pending;
  }

  async function loadNow(projectId: string): Promise<ProjectConfig | undefined> {
    // One snapshot, so that the version denotes exactly these hooks: Event.why relies on it.
    const [[project], types, hooks, workflows] = await sql.begin(
      "isolation level repeatable read read only",
      (tx) =>
        Promise.all([
          projectsById(tx, [projectId]),
          loadEventTypes(tx, projectId),
          matchableHooks(tx, projectId),
          releasedWorkflows(tx, projectId),
        ]),
    );
    if (!project) return undefined;
    const configured: ConfiguredHook[] = hooks.map(({ retries, hasPayload, ...hook }) => ({
      ...hook,
      bodyFormat: hasPayload ? payloadFormat(project.configVersion) : hook.format,
      maxAttempts: retries + 1,
    }));
    const index = indexHooksByUser(configured);
    const hookOf = new Map(configured.map((hook) => [hook.id, hook]));
    const workflowsOf = Map.groupBy(workflows, ({ eventType }) => eventType);
    const config: ProjectConfig = {
      projectId,
      version: project.configVersion,
      source: project.source,
      requireRegisteredTypes: project.requireRegisteredTypes,
      systemEvents: project.systemEvents,
      types: new Map(types.map(({ id, name, ...type }) => [name, { typeId: id, ...type }])),
      hooksFor: index.find,
      hook: (id) => hookOf.get(id),
      hookCount: index.count,
      hooksOfAll: (type) => index.ofAll().find(type),
      countOfAll: (type) => index.ofAll().count(type),
      hasOrder: configured.some(({ orderBy }) => orderBy !== null),
      workflowsFor: (type) => workflowsOf.get(type) ?? [],
    };
    configs.set(projectId, config, { size: bytesOfConfig(project, types, hooks, workflows) });
    return config;
  }

  const projectConfigs: ProjectConfigs = {
    async lastKnown(projectIds) {
      const known = projectIds.flatMap((id) => configs.get(id) ?? []);
      if (known.length < projectIds.length) return projectConfigs.current(projectIds);
      return new Map(known.map((config) => [config.projectId, config]));
    },
    async current(projectIds) {
      const versions = await configVersions(sql, projectIds);
      const entries = await Promise.all(
        versions.map(async ({ id, version }) => {
          const known = configs.get(id);
          return [id, known?.version === version ? known : await load(id, version)] as const;
        }),
      );
      return new Map(
        entries.filter((entry): entry is [string, ProjectConfig] => entry[1] !== undefined),
      );
    },
  };
  return projectConfigs;
}
