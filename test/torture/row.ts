import type { Kit } from "./kit/kit.ts";

/** What a row counted while it ran: shown in the table, kept in the report. */
export type Counts = Record<string, number | string>;

/** One line of the torture table: a fault or an input, and what must hold under it. */
export type Row = {
  id: `T${number}`;
  title: string;
  /** Why it cannot run on this machine; null when it can. Absent: it runs anywhere. */
  cannotRun?: () => string | null;
  run(kit: Kit): Promise<Counts>;
};

/** A promise of the hub did not hold. Any other error is a fault of the suite itself, and is told apart. */
export class Broken extends Error {
  override name = "Broken" as const;
}

/** The machine lacks something that the row needs, as only trying to get it shows. */
export class CannotRun extends Error {
  override name = "CannotRun" as const;
}

/** Throws `Broken` unless the condition holds. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}
