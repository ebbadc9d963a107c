import { Cron } from "croner";
import { userError } from "../../util/userError.ts";

/** Characters of a cron text. */
const MAX_CRON = 200;
/** What `@daily` and the like stand for. */
const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
/** An instant in the past of every schedule: with February's 29th, eight years may lie between two matches. */
const START = new Date("2000-01-01T00:00:00Z");

/** A cron text that was read. Clock times are those of a calendar without a time zone, as instants of UTC. */
export type CronTimes = {
  /** The first matching clock time after this one. */
  after(clockTime: Date): Date;
  /** Whether its hour field is `*`: it runs by the hours that pass, not at fixed times of the day. */
  isHourly: boolean;
};

const invalid = (message: string) => userError("INVALID", `field 'cron' ${message}`, ["cron"]);

/** Reads a cron text of five fields. Throws INVALID, also when it never matches. */
export function readCron(text: string): CronTimes {
  if (text.length > MAX_CRON) throw invalid(`must have at most ${MAX_CRON} characters`);
  const fields = (nicknames[text.trim().toLowerCase()] ?? text).split(/\s+/).filter(Boolean);
  if (fields.length !== 5)
    throw invalid(
      `must have five fields, minute hour day-of-month month day-of-week, such as '0 9 * * MON-FRI', or be ` +
        `one of ${Object.keys(nicknames).join(", ")}; it has ${fields.length} (seconds and years are not read)`,
    );
  const cron = parse(fields.join(" "));
  const after = (clockTime: Date) => {
    const next = cron.nextRun(clockTime);
    if (!next) throw invalid(`'${text}' never runs: no year has such a day`);
    return next;
  };
  after(START);
  return { after, isHourly: fields[1] === "*" };
}

/** What the library says is wrong. It counts days of a month and months from 0. */
const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error))
    .replace(/^\w+: /, "")
    .replace(
      /(?<= for )(day|month|nearestWeekdays): (-?\d+)$/,
      (_, part, value) => `${part === "month" ? "month" : "day"}: ${Number(value) + 1}`,
    );

/** Only the library's calendar is used: what a change of the clocks does to a time is decided in nextRun.ts. */
function parse(fields: string): Cron {
  try {
    return new Cron(fields, { mode: "5-part", utcOffset: 0, paused: true });
  } catch (error) {
    throw invalid(
      `'${fields}' cannot be read as minute (0-59) hour (0-23) day-of-month (1-31) month (1-12 or JAN-DEC) ` +
        `day-of-week (0-7 or SUN-SAT): ${reasonOf(error)}`,
    );
  }
}
