import { InvalidArgumentError } from "commander";
import { UserError, userError } from "../util/userError.ts";

/** A time of the option `--name`, in UTC when it names no zone; null when it is absent. Throws INVALID. */
export function readTime(name: string, text: string | undefined): Date | null {
  if (text === undefined) return null;
  const [, day, clock = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d)(T[\d:.]+)?(Z|[+-]\d\d:?\d\d)?$/i.exec(text) ?? [];
  // Without a zone JavaScript would take this machine's for a time, and UTC for a day.
  const time = new Date(`${day}${clock || "T00:00"}${zone || "Z"}`);
  const midnight = new Date(`${day}T00:00Z`);
  // It would also turn 30 February into 2 March.
  const dayExists =
    day && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (dayExists && !Number.isNaN(time.getTime())) return time;
  throw userError(
    "INVALID",
    `--${name} takes a time such as 2026-01-01T00:00:00Z, in UTC when it names no zone, not "${text}"`,
  );
}

/** The same for commander: the time in the form that the hub takes. */
export const timeOption =
  (name: string) =>
  (text: string): string => {
    try {
      return (readTime(name, text) as Date).toISOString();
    } catch (error) {
      if (error instanceof UserError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
