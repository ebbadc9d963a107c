import { violates } from "../../db/connection/violates.ts";
import { userError } from "../../util/userError.ts";
import type { HookInput } from "./hookInput.ts";

/** Runs a write and turns a violation of the unique indexes on names and uids into NAME_TAKEN. */
export async function withUniqueName<Result>(
  { name, uid }: Pick<HookInput, "name" | "uid">,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (violates(error, "hooks_name"))
      throw userError(
        "NAME_TAKEN",
        `a hook named '${name}' exists already; names are unique in a project`,
        ["name"],
      );
    if (violates(error, "hooks_uid"))
      throw userError("NAME_TAKEN", `another hook of the user has the uid '${uid}'`, ["uid"]);
    throw error;
  }
}
