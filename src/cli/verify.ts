import type { Command } from "commander";
import type { Db } from "../db/connection/client.ts";
import { userError } from "../util/userError.ts";
import type { LedgerLine } from "../verify/ledger.ts";
import type { Verdict } from "../verify/run.ts";
import { columns } from "./columns.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";
import { printable } from "./printable.ts";
import { readTime } from "./readTime.ts";

export function addVerify(program: Command): void {
  program
    .command("verify [PROJECT]")
    .description(
      "checks that accepted events and their outcomes agree; exit code 1 if not; times without a zone are UTC",
    )
    .option("--since <TIME>", "only what was made then or later")
    .option("--until <TIME>", "only what was made before")
    .option("--json", "print one JSON object on one line")
    .action(onDatabase(verify));
}

/** What a delivery can have become; together they are all that were made. */
const outcomes = [
  "succeeded",
  "failed",
  "gone",
  "cancelled",
  "quarantined",
  "parked",
  "waiting",
] as const;
const sums = ["made", ...outcomes] as const;

type Sums = Record<(typeof sums)[number], number>;

function total(ledger: LedgerLine[]): Sums {
  const all: Sums = { ...zeros };
  for (const line of ledger) for (const name of sums) all[name] += line[name];
  return all;
}
const zeros: Sums = Object.fromEntries(sums.map((name) => [name, 0])) as Sums;

function report(
  { ledger, events, differences, unlisted }: Verdict,
  warning: string | null,
): string {
  const rows = ledger
    .filter(({ made }) => made > 0)
    .map((line) => [
      line.hookId,
      ...sums.map((name) => String(line[name])),
      printable(line.kind === "WORKFLOW" ? `workflow ${line.name}` : line.name).slice(0, 80),
    ]);
  const all = total(ledger);
  const headings = ["HOOK", ...sums.map((name) => name.toUpperCase()), "NAME"];
  const states = Object.entries(events).map(([status, n]) => `${n} ${status}`);
  const count = differences.length + unlisted;
  return [
    columns(headings, [...rows, ["all", ...sums.map((name) => String(all[name])), ""]]),
    `Events: ${states.join(", ") || "none"}`,
    "",
    ...(count === 0
      ? ["No differences."]
      : [
          `${count} ${count === 1 ? "difference" : "differences"}:`,
          ...differences.map(({ check, id, says }) => printable(`${check} ${id}: ${says}`)),
          ...(unlisted > 0 ? [`and ${unlisted} more of the same kinds`] : []),
        ]),
    ...(warning === null ? [] : ["", warning]),
  ].join("\n");
}

async function verify(
  { sql }: Db,
  idOrSlug: string | undefined,
  options: { since?: string; until?: string },
): Promise<Answer> {
  const since = readTime("since", options.since);
  const until = readTime("until", options.until);
  const [{ findProject }, { whyUnguarded }, hub] = await Promise.all([
    import("../domain/project/project.ts"),
    import("../db/read/reader.ts"),
    import("../verify/run.ts"),
  ]);
  const project = idOrSlug === undefined ? null : await findProject(sql, idOrSlug);
  if (project === undefined)
    throw userError("NOT_FOUND", `there is no project ${idOrSlug} (project list)`);
  const verdict = await hub.verify(sql, { projectId: project?.id ?? null, since, until });
  const warning = await whyUnguarded(sql);
  const failed = verdict.differences.length > 0;
  return {
    text: report(verdict, warning),
    json: { ok: !failed, ...verdict, warning, total: total(verdict.ledger) },
    failed,
  };
}
