import { UserError, type UserErrorDetail } from "../../util/userError.ts";

/** Like `collectErrors`, for asynchronous checks: throws the errors of all of them together. */
export async function checkAll(checks: (() => unknown)[]): Promise<void> {
  const entries: UserErrorDetail[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      entries.push(...error.entries);
    }
  }
  if (entries.length > 0) throw new UserError(entries);
}
