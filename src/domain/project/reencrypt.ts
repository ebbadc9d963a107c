import type { Pool } from "../../db/connection/client.ts";
import type { SealedSecret, StoredAuth } from "../../db/hook/hooks.ts";
import { rewriteSealed, sealedPlaces } from "../../db/project/sealed.ts";
import type { StoredStep } from "../../db/workflow/workflows.ts";
import { jsonEntries, jsonList, jsonObject, jsonText } from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { hookContext } from "../hook/hookSecrets.ts";
import { variablesContext } from "../workflow/installation.ts";
import { headersContext } from "../workflow/workflowSteps.ts";
import { requestContext } from "../workflowRun/stepRequest.ts";
import { checkSecretKey, resealKeyCheckValue } from "./keyCheckValue.ts";
import { type BoxKey, createSecretBox } from "./secretBox.ts";
import { signingContext } from "./signingSecret.ts";

/** Re-encrypts one sealed text in its context. */
type Reencrypt = (sealed: string, context: string) => string;
/** Re-encrypts what a row holds; `key` is the row's key as its place defines it. */
type Reseal = (key: string[], text: string, reencryptText: Reencrypt) => string;

const secretList =
  (contextOf: (key: string[]) => string): Reseal =>
  (key, text, reencryptText) => {
    const secrets: SealedSecret[] = JSON.parse(text);
    return JSON.stringify(
      secrets.map((one) => ({ ...one, sealed: reencryptText(one.sealed, contextOf(key)) })),
    );
  };
const singleSecret =
  (contextOf: (key: string[]) => string): Reseal =>
  (key, text, reencryptText) =>
    reencryptText(text, contextOf(key));

const ofHook =
  (column: Parameters<typeof hookContext>[0]) =>
  ([projectId = "", id = ""]: string[]) =>
    hookContext(column, { projectId, id });

const reseals: Record<keyof typeof sealedPlaces, Reseal> = {
  hookSecrets: secretList(ofHook("secrets")),
  hookHeaders: singleSecret(ofHook("headers")),
  hookHandshake: singleSecret(ofHook("handshake")),
  hookAuth: (key, text, reencryptText) => {
    const auth: StoredAuth = JSON.parse(text);
    return JSON.stringify({ ...auth, sealed: reencryptText(auth.sealed, ofHook("auth")(key)) });
  },
  signingSecrets: secretList(([projectId = ""]) => signingContext(projectId)),
  stepHeaders: ([projectId = "", id = ""], text, reencryptText) => {
    const steps = parseJson(text) as StoredStep[];
    const headersOf = (step: StoredStep) =>
      step.headers && reencryptText(step.headers, headersContext({ projectId, id }, step.id));
    // The step bodies stay exactly as they were sent.
    const resealed = steps.map((step) =>
      jsonObject(
        jsonEntries(step).map(([name, value]) => [
          name,
          name === "headers" ? headersOf(step) : value,
        ]),
      ),
    );
    return jsonText(jsonList(resealed));
  },
  variables: singleSecret(([projectId = "", workflowId = "", userId = ""]) =>
    variablesContext({ projectId, workflowId, userId }),
  ),
  stepRequests: singleSecret(([projectId = "", runId = "", position]) =>
    requestContext({ projectId, runId, position: Number(position) }),
  ),
};

const names = Object.keys(sealedPlaces) as (keyof typeof sealedPlaces)[];

type Reencrypted = {
  /** The number of rows with re-encrypted secrets. */
  rewrapped: number;
  /** What could not be opened, as `table.column key: why`; it was left unchanged. */
  unopened: string[];
};

/**
 * Re-encrypts every secret sealed with another key with the first of these keys, while the hub runs. It can be stopped
 * and repeated safely. The key check value is replaced last and only when nothing is left, so that no hub starts
 * without a key that it still needs. Throws WrongSecretKey.
 */
export async function reencrypt(sql: Pool, keys: BoxKey[]): Promise<Reencrypted> {
  const box = createSecretBox(keys);
  await checkSecretKey(sql, box);
  const own = `v1.${keys[0]?.id}.`;
  const reencryptText: Reencrypt = (sealed, context) =>
    sealed.startsWith(own) ? sealed : box.seal(box.open(sealed, context), context);
  const unopened: string[] = [];
  let rewrapped = 0;
  for (const name of names) {
    const place = sealedPlaces[name];
    rewrapped += await rewriteSealed(sql, place, ({ key, text }) => {
      try {
        const resealed = reseals[name](key, text, reencryptText);
        return resealed === text || !isNew(text, resealed, own) ? null : resealed;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        unopened.push(`${place.table}.${place.column} ${key.join(" ")}: ${why}`);
        return null;
      }
    });
  }
  if (unopened.length === 0) await resealKeyCheckValue(sql, box);
  return { rewrapped, unopened };
}

/**
 * JSON may be serialized differently than it was stored, so only additional texts sealed with the first key count as a
 * change.
 */
const isNew = (before: string, after: string, own: string): boolean =>
  after.split(own).length > before.split(own).length;
