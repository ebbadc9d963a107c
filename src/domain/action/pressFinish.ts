import { finishPress, type PressClaim, type PressFinish } from "../../db/action/pressClaims.ts";
import type { Pool } from "../../db/connection/client.ts";
import { type FollowUp, followUpOf } from "../event/followUp.ts";
import { type InPlace, planSystemEvent, warmSystemTypes } from "../event/systemEvent.ts";
import { webhookCalled } from "../event/systemEventData.ts";
import type { ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";

/**
 * Stores the result of a press and, when the project has system events on, emits those of its call in the same
 * transaction. Returns what is to be done next about the system events.
 */
export function endPress(
  sql: Pool,
  configs: ProjectConfigs,
  programs: InPlace,
  { projectId, event }: PressClaim,
  request: { url: string; body: string },
  finish: PressFinish,
): Promise<FollowUp> {
  return withFreshConfig(async () => {
    const config = (await configs.current([projectId])).get(projectId);
    if (config) await warmSystemTypes(config, programs);
    const systemEvents = config?.systemEvents
      ? [
          planSystemEvent(
            config,
            programs,
            event.id,
            webhookCalled({ ...request, attempt: finish.attempt }),
          ),
        ]
      : [];
    const deliveries = systemEvents.flatMap((one) => one.deliveries);
    const events = systemEvents.map((one) => one.event);
    const version = config?.version ?? 0;
    const counted = await finishPress(sql, finish, { events, deliveries, version });
    return followUpOf(projectId, counted ? events : [], counted ? deliveries : []);
  });
}
