import type { Sql, Tx } from "../connection/client.ts";
import type { SealedSecret } from "../hook/hooks.ts";

type Row = { secrets: SealedSecret[] | null };

/** The project's sealed signing secrets, newest first; null until it has one. */
export async function signingSecretsOf(
  sql: Sql,
  projectId: string,
): Promise<SealedSecret[] | null> {
  const [row] = await sql<Row[]>`
    select signing_secrets as secrets from signalbox.projects where id = ${projectId}`;
  return row?.secrets ?? null;
}

/** The same, with the project's row locked until the end of the transaction. */
export async function lockedSigningSecrets(
  tx: Tx,
  projectId: string,
): Promise<SealedSecret[] | null> {
  const [row] = await tx<Row[]>`
    select signing_secrets as secrets from signalbox.projects where id = ${projectId} for update`;
  return row?.secrets ?? null;
}

export const writeSigningSecrets = (tx: Tx, projectId: string, secrets: SealedSecret[]) => tx`
  update signalbox.projects set signing_secrets = ${JSON.stringify(secrets)}::text::json
  where id = ${projectId}`;
