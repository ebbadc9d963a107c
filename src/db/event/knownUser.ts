import type { Sql } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";

/** Whether a project has an event, a live hook or an installation of this user. */
export async function isKnownUser(sql: Sql, projectId: string, userId: string): Promise<boolean> {
  const user = stripNul(userId);
  const [row] = await sql<{ known: boolean }[]>`
    select exists (select from signalbox.installations i where i.project_id = ${projectId} and i.user_id = ${user})
      or exists (select from signalbox.hooks h
        where h.project_id = ${projectId} and h.user_id = ${user} and h.status <> 'DELETED' and h.kind = 'HOOK')
      or exists (select from signalbox.events e where e.project_id = ${projectId} and e.user_id = ${user})
      as known`;
  return row?.known ?? false;
}
