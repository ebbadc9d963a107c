/**
 * A project's signing secret signs requests that belong to no hook: presses of actions and steps of workflows. It is
 * created when first needed, because the commands that create projects have no key to seal it with.
 */
import type { KeyObject } from "node:crypto";
import type { Pool } from "../../db/connection/client.ts";
import type { SealedSecret } from "../../db/hook/hooks.ts";
import {
  lockedSigningSecrets,
  signingSecretsOf,
  writeSigningSecrets,
} from "../../db/project/signingSecrets.ts";
import { audit } from "../audit/audit.ts";
import { newSecret, signingKey } from "../delivery/signature.ts";
import { checkOverlap, liveSecrets, rotateSecrets } from "../hookSecret/secretRotation.ts";
import type { SecretBox } from "./secretBox.ts";

type Services = { sql: Pool; box: SecretBox };

/** The AAD of a project's secrets: a ciphertext moved to another project does not open. */
export const signingContext = (projectId: string) =>
  `projects|signing_secrets|${projectId}|${projectId}`;

/** Creates the project's first secret, unless another process has done so. */
const makeFirst = ({ sql, box }: Services, projectId: string): Promise<SealedSecret[]> =>
  sql.begin(async (tx) => {
    const made = await lockedSigningSecrets(tx, projectId);
    if (made) return made;
    const sealed = box.seal(newSecret(), signingContext(projectId));
    const secrets = rotateSecrets([], { sealed }, 0);
    await writeSigningSecrets(tx, projectId, secrets);
    return secrets;
  });

/** The HMAC keys of every valid secret of the project, newest first, for `sign`. */
export async function openSigningKeys(services: Services, projectId: string): Promise<KeyObject[]> {
  const { sql, box } = services;
  const secrets =
    (await signingSecretsOf(sql, projectId)) ?? (await makeFirst(services, projectId));
  return liveSecrets(secrets, Date.now()).map(({ sealed }) =>
    signingKey(box.open(sealed, signingContext(projectId))),
  );
}

/**
 * Gives the project a new signing secret, which is returned only here. The old ones keep signing for `overlapHours`
 * (0..168). Throws INVALID.
 */
export async function rotateSigningSecret(
  { sql, box }: Services,
  projectId: string,
  overlapHours: number,
): Promise<string> {
  checkOverlap(overlapHours);
  const secret = newSecret();
  await sql.begin(async (tx) => {
    const old = (await lockedSigningSecrets(tx, projectId)) ?? [];
    const sealed = box.seal(secret, signingContext(projectId));
    const secrets = rotateSecrets(old, { sealed }, overlapHours);
    await writeSigningSecrets(tx, projectId, secrets);
    const [entity, after] = [["Project", projectId] as const, { overlapHours }];
    await audit(tx, { projectId, action: "rotateSigningSecret", entity, after });
  });
  return secret;
}
