import cronstrue from "cronstrue";

/** What a cron says in words, such as “At 09:00, Monday through Friday”; "" for one that cannot be read. */
export function cronText(cron: string): string {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true });
  } catch {
    return "";
  }
}
