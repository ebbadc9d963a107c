import type { Pool, Sql, Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";

/** A column with sealed texts: one alone, or several within JSON. */
type SealedPlace = {
  table: string;
  column: string;
  /** A unique key: its columns and their types. */
  key: [name: string, type: "uuid" | "int" | "text"][];
  json: boolean;
};

/** Every column sealed by the key-encryption key, except the key check value. */
export const sealedPlaces = {
  hookSecrets: hookColumn("secrets", true),
  hookHeaders: hookColumn("headers"),
  hookHandshake: hookColumn("handshake"),
  hookAuth: hookColumn("auth", true),
  signingSecrets: {
    table: "projects",
    column: "signing_secrets",
    key: [["id", "uuid"]],
    json: true,
  },
  stepHeaders: {
    table: "workflow_versions",
    column: "steps",
    key: [
      ["project_id", "uuid"],
      ["workflow_id", "uuid"],
      ["version", "int"],
    ],
    json: true,
  },
  variables: {
    table: "installations",
    column: "variables",
    key: [
      ["project_id", "uuid"],
      ["workflow_id", "uuid"],
      ["user_id", "text"],
    ],
    json: false,
  },
  stepRequests: {
    table: "step_runs",
    column: "request",
    key: [
      ["project_id", "uuid"],
      ["run_id", "uuid"],
      ["position", "int"],
    ],
    json: false,
  },
} satisfies Record<string, SealedPlace>;

function hookColumn(column: string, json = false): SealedPlace {
  return {
    table: "hooks",
    column,
    key: [
      ["project_id", "uuid"],
      ["id", "uuid"],
    ],
    json,
  };
}

/** Rows rewritten per transaction. */
const BATCH = 200;

type SealedRow = { key: string[]; text: string };

const commas = (sql: Sql, parts: Fragment[]): Fragment =>
  parts.reduce((all, part) => sql`${all}, ${part}`);

const keyColumns = (sql: Sql, { key }: SealedPlace) => key.map(([name]) => sql`${sql(name)}`);
const keyValues = (sql: Sql, { key }: SealedPlace, values: string[]) =>
  key.map(([, type], place) => sql`${values[place] ?? null}::text::${sql.unsafe(type)}`);

/** The projects to go through one by one: on several nodes, rows are locked for one project at a time. */
async function projectsOf(sql: Pool, { key }: SealedPlace): Promise<Fragment[]> {
  if (!sql.isDistributed || key[0]?.[0] !== "project_id") return [sql`true`];
  const projects = await sql<{ id: string }[]>`select id from signalbox.projects order by id`;
  return projects.map(({ id }) => sql`project_id = ${id}`);
}

const readBatch = (tx: Tx, place: SealedPlace, within: Fragment, after: string[] | null) => tx<
  SealedRow[]
>`
  select array[${commas(
    tx,
    keyColumns(tx, place).map((column) => tx`${column}::text`),
  )}] as key, ${tx(place.column)}::text as text
  from ${tx(`signalbox.${place.table}`)}
  where ${within} and ${tx(place.column)} is not null and ${
    after
      ? tx`(${commas(tx, keyColumns(tx, place))}) > (${commas(tx, keyValues(tx, place, after))})`
      : tx`true`
  }
  order by ${commas(tx, keyColumns(tx, place))} limit ${BATCH} for no key update`;

const writeText = (tx: Tx, place: SealedPlace, { key, text }: SealedRow) => tx`
  update ${tx(`signalbox.${place.table}`)} set ${tx(place.column)} = ${text}::text${place.json ? tx`::json` : tx``}
  where (${commas(tx, keyColumns(tx, place))}) = (${commas(tx, keyValues(tx, place, key))})`;

/**
 * Goes through all rows of a place, a batch per transaction with its rows locked. Writes the text that `change`
 * returns; null leaves the row. Returns the number of rows written.
 */
export async function rewriteSealed(
  sql: Pool,
  place: SealedPlace,
  change: (row: SealedRow) => string | null,
): Promise<number> {
  let written = 0;
  for (const within of await projectsOf(sql, place)) {
    let after: string[] | null = null;
    do {
      const rows: SealedRow[] = await sql.begin(async (tx) => {
        const batch = await readBatch(tx, place, within, after);
        for (const row of batch) {
          const text = change(row);
          if (text === null) continue;
          await writeText(tx, place, { key: row.key, text });
          written += 1;
        }
        return [...batch];
      });
      after = rows.length < BATCH ? null : (rows.at(-1)?.key ?? null);
    } while (after);
  }
  return written;
}
