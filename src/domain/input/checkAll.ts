import { UserError, type UserErrorDetail } from "../../util/userError.ts";

/** As `collectMistakes`, for checks that take their time: the mistakes of all of them, thrown together. */
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
