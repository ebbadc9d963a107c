import cronstrue from "cronstrue";

/** What a cron says in words, such as “At 09:00, Monday through Friday”; "" for one that cannot be read. */
export function cronText(cron: string): string {
  try {
    // The hub's "last Friday" is FRI#L, which cronstrue writes FRIL.
    return cronstrue.toString(cron.replace(/#L\b/i, "L"), { use24HourTimeFormat: true });
  } catch {
    return "";
  }
}
