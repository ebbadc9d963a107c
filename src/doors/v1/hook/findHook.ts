import { type HookRow, hooksById } from "../../../db/hook/hooks.ts";
import type { Context } from "../../../graphql/builder/context.ts";
import { isId } from "../../../util/ids.ts";
import { userError } from "../../../util/userError.ts";

/** A hook of the caller's project. Throws NOT_FOUND. */
export async function findHook({ caller, read }: Context, id: string): Promise<HookRow> {
  const [hook] = isId(id) ? await read((sql) => hooksById(sql, caller.projectId, [id])) : [];
  if (!hook) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
  return hook;
}
