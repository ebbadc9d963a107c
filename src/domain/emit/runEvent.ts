import { UserError, userError } from "../../util/userError.ts";
import type { ProjectConfigs } from "../project/projectConfig.ts";
import { type Emitting, emitOne } from "./emitAndWait.ts";
import type { Emitted } from "./emitWrite.ts";

type Running = Emitting & { hub: { configs: ProjectConfigs } };

/** An event that starts the workflows that a user has installed. */
type RunEventInput = { event: string; userId: string; data?: unknown };

/** The emitter's path `type` is the field `event` here. */
const renamed = (path: string[]) => (path[0] === "type" ? ["event", ...path.slice(1)] : path);

async function requireRegistered({ caller, hub }: Running, type: string): Promise<void> {
  const config = (await hub.configs.current([caller.projectId])).get(caller.projectId);
  if (!config?.types.has(type))
    throw userError("UNKNOWN_TYPE", `unknown type: '${type}'`, ["event"]);
}

/** Emits an event whose type must be registered. Throws UserError, with the paths of `RunEventInput`. */
export async function runEvent(
  request: Running,
  { event: type, userId, data }: RunEventInput,
  waitMs: number,
): Promise<Emitted> {
  await requireRegistered(request, type);
  try {
    return await emitOne(request, { type, userId, data }, "API", waitMs);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.entries.map((entry) => ({ ...entry, path: renamed(entry.path) })));
  }
}
