import type { Pool } from "../db/client.ts";
import { loadEventTypes } from "../db/eventTypes.ts";
import { type HookFormat, matchableHooks } from "../db/hooks.ts";
import { configVersions, projectsById } from "../db/projects.ts";
import { releasedWorkflows } from "../db/workflows.ts";
import { compileSchema, type SchemaProblem } from "./eventSchemaCompile.ts";
import { compileFilter, type HookFilter } from "./hookFilter.ts";
import { type MatchRule, typeMatches } from "./hookMatch.ts";

/** A live hook ready to judge events. */
export type ConfiguredHook = MatchRule & { id: string; format: HookFormat; maxAttempts: number };

/** A registered type ready to check data; `check` finds nothing wrong when the type has no schema. */
export type ConfiguredType = { version: number; check: (data: unknown) => SchemaProblem[] };

/** Everything about a project that an emit depends on, as of one `projects.config_version`. */
export type ProjectConfig = {
  projectId: string;
  version: number;
  source: string;
  requireRegisteredTypes: boolean;
  systemEvents: boolean;
  types: Map<string, ConfiguredType>;
  /** The live hooks whose patterns take this type. */
  hooksFor(type: string): ConfiguredHook[];
  /** The released workflows of this type. */
  workflowsFor(type: string): { id: string; version: number }[];
};

export type ProjectConfigs = {
  /** The current configuration of each project; a change that was answered before this call is seen. */
  current(projectIds: string[]): Promise<Map<string, ProjectConfig>>;
  /** As last loaded, without asking: what is written under one that has changed since is refused (isStaleConfig). */
  lastKnown(projectIds: string[]): Promise<Map<string, ProjectConfig>>;
};

const MAX_REMEMBERED_TYPES = 10_000;

/** A memo that forgets everything when it is full: cheap, bounded, and never wrong. */
function remember<Value>(limit: number, make: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= limit) known.clear();
    const made = make(key);
    known.set(key, made);
    return made;
  };
}

/**
 * The configurations of the projects this process serves. Schemas and filters are compiled once; a project is
 * reloaded when its version has moved, which a write planned under the old one tells, or one small query.
 */
export function createProjectConfigs(sql: Pool): ProjectConfigs {
  const configs = new Map<string, ProjectConfig>();
  const compiledFilter = remember(MAX_REMEMBERED_TYPES, (text): HookFilter => compileFilter(text));
  const compiledSchema = remember(MAX_REMEMBERED_TYPES, (json) => compileSchema(JSON.parse(json)));

  async function load(projectId: string): Promise<ProjectConfig | undefined> {
    // One snapshot, so that the version names exactly these hooks: Event.why relies on it.
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
    const configured: ConfiguredHook[] = hooks.map((hook) => ({
      ...hook,
      filter: hook.filter === null ? null : compiledFilter(hook.filter),
      maxAttempts: hook.retries + 1,
    }));
    const workflowsOf = Map.groupBy(workflows, ({ eventType }) => eventType);
    const config: ProjectConfig = {
      projectId,
      version: project.configVersion,
      source: project.source,
      requireRegisteredTypes: project.requireRegisteredTypes,
      systemEvents: project.systemEvents,
      types: new Map(
        types.map(({ name, version, jsonSchema }) => {
          const check = (data: unknown) => (jsonSchema ? compiledSchema(jsonSchema)(data) : []);
          return [name, { version, check }];
        }),
      ),
      hooksFor: remember(MAX_REMEMBERED_TYPES, (type) =>
        configured.filter((hook) => hook.types.some((pattern) => typeMatches(pattern, type))),
      ),
      workflowsFor: (type) => workflowsOf.get(type) ?? [],
    };
    configs.set(projectId, config);
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
          return [id, known?.version === version ? known : await load(id)] as const;
        }),
      );
      return new Map(
        entries.filter((entry): entry is [string, ProjectConfig] => entry[1] !== undefined),
      );
    },
  };
  return projectConfigs;
}
