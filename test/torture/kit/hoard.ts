import { openDb, openSession } from "../../../src/db/connection/client.ts";

const AT_ONCE = 10;

/** Takes every connection of a server, those of one of its databases too; disposing gives them back. */
export async function hoardConnections(url: string, database: string): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const control = stack.use(openDb(url, 1));
  await control.sql`select 1`;
  async function take(): Promise<boolean> {
    const session = openSession(url);
    try {
      await session`select 1`;
      stack.defer(() => session.end({ timeout: 1 }));
      return true;
    } catch {
      await session.end({ timeout: 0 });
      return false;
    }
  }
  // While its processes cannot come back, so that they do not snatch what was freed.
  const allow = (isAllowed: boolean) =>
    control.sql.unsafe(`alter database "${database}" allow_connections ${isAllowed}`);
  await allow(false);
  await control.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = ${database}`;
  while ((await Promise.all(Array.from({ length: AT_ONCE }, take))).some(Boolean));
  await allow(true);
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
