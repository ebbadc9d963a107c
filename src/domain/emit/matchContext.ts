import type { Sql } from "../../db/connection/client.ts";
import { lastKnown, type ResourceKey } from "../../db/resource/resources.ts";
import type { EventInput } from "../event/eventInput.ts";
import { MATCH_AT_ONCE } from "../hook/hookMatch.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { representationOf } from "../resource/resourceInput.ts";
import { type InstallationFacts, installationsNow } from "../workflow/installationFacts.ts";
import { type Addressed, candidates, countCandidates } from "./candidates.ts";

/** What planning an event reads from the database in addition to its project's configuration. */
export type MatchContext = ResourceFacts & InstallationFacts;

export type ResourceFacts = {
  /** The event's subject as JSON text, as hooks of format RESOURCE receive it; null when it is not a resource. */
  resourceOf(event: Planned): string | null;
};

type Planned = { projectId: string; subjectType: string | null; subjectId: string | null };

/** For events without a subject. */
export const noResources: ResourceFacts = { resourceOf: () => null };

const keyOf = ({ projectId, type, resourceId }: ResourceKey) =>
  JSON.stringify([projectId, type, resourceId]);

/** The part of an event that the context depends on. */
type EventToMatch = {
  config: ProjectConfig;
  subject: Planned;
} & Addressed;

/** The same part of an event that is not planned yet. */
export const eventToMatch = (
  config: ProjectConfig,
  { type, name, userId, subject, broadcast, hookId }: EventInput,
): EventToMatch => ({
  config,
  type: type ?? name ?? "",
  userId: userId ?? null,
  broadcast: broadcast || null,
  targetHookId: hookId ?? null,
  subject: {
    projectId: config.projectId,
    subjectType: subject?.type ?? null,
    subjectId: subject?.id ?? null,
  },
});

function subjectOf({ projectId, subjectType, subjectId }: Planned): ResourceKey | null {
  if (subjectType === null || subjectId === null) return null;
  return { projectId, type: subjectType, resourceId: subjectId };
}

/** What hooks of format RESOURCE would receive for these events now. */
export async function resourcesNow(sql: Sql, events: Planned[]): Promise<ResourceFacts> {
  const wanted = events.flatMap((event) => subjectOf(event) ?? []);
  if (wanted.length === 0) return noResources;
  const found = await lastKnown(sql, wanted);
  const resources = new Map(found.map((row) => [keyOf(row), representationOf(row)]));
  return {
    resourceOf(event) {
      const key = subjectOf(event);
      return (key && resources.get(keyOf(key))) ?? null;
    },
  };
}

/**
 * Loads the context for a batch of events: one query for resources when a hook of format RESOURCE accepts such events,
 * and one for installations when a released workflow does.
 */
export async function loadMatchContext(sql: Sql, events: EventToMatch[]): Promise<MatchContext> {
  const aboutResources = events.filter(
    ({ config, subject, ...event }) =>
      subject.subjectId !== null &&
      // Among very many hooks one probably has this format; checking each of them for every event takes longer than the
      // query.
      (countCandidates(config, event) > MATCH_AT_ONCE ||
        candidates(config, event).some(({ format }) => format === "RESOURCE")),
  );
  const [resources, installations] = await Promise.all([
    resourcesNow(
      sql,
      aboutResources.map(({ subject }) => subject),
    ),
    installationsNow(sql, events),
  ]);
  return { ...resources, ...installations };
}
