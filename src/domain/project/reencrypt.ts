import type { Pool } from "../../db/connection/client.ts";
import type { SealedSecret } from "../../db/hook/hooks.ts";
import { rewriteSealed, sealedPlaces } from "../../db/project/sealed.ts";
import type { StoredStep } from "../../db/workflow/workflows.ts";
import { jsonEntries, jsonList, jsonObject, jsonText } from "../../util/exactJson.ts";
import { parseJson } from "../../util/parseJson.ts";
import { hookContext } from "../hook/hookSecrets.ts";
import { variablesContext } from "../workflow/installation.ts";
import { headersContext } from "../workflow/workflowSteps.ts";
import { requestContext } from "../workflowRun/stepRequest.ts";
import { checkSecretKey, resealKeyCheckValue } from "./keyCheckValue.ts";
import { type BoxKey, createSecretBox } from "./secretBox.ts";
import { signingContext } from "./signingSecret.ts";

/** Seals one text again, in its context. */
type Again = (sealed: string, context: string) => string;
/** Seals what a row holds again; `key` is the row's, as its place names it. */
type Reseal = (key: string[], text: string, again: Again) => string;

const inList =
  (contextOf: (key: string[]) => string): Reseal =>
  (key, text, again) => {
    const secrets: SealedSecret[] = JSON.parse(text);
    return JSON.stringify(
      secrets.map((one) => ({ ...one, sealed: again(one.sealed, contextOf(key)) })),
    );
  };
const alone =
  (contextOf: (key: string[]) => string): Reseal =>
  (key, text, again) =>
    again(text, contextOf(key));

const ofHook =
  (column: "secrets" | "headers" | "handshake") =>
  ([projectId = "", id = ""]: string[]) =>
    hookContext(column, { projectId, id });

const reseals: Record<keyof typeof sealedPlaces, Reseal> = {
  hookSecrets: inList(ofHook("secrets")),
  hookHeaders: alone(ofHook("headers")),
  hookHandshake: alone(ofHook("handshake")),
  signingSecrets: inList(([projectId = ""]) => signingContext(projectId)),
  stepHeaders: ([projectId = "", id = ""], text, again) => {
    const steps = parseJson(text) as StoredStep[];
    const headersOf = (step: StoredStep) =>
      step.headers && again(step.headers, headersContext({ projectId, id }, step.id));
    // Their bodies stay as they were sent.
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
  variables: alone(([projectId = "", workflowId = "", userId = ""]) =>
    variablesContext({ projectId, workflowId, userId }),
  ),
  stepRequests: alone(([projectId = "", runId = "", position]) =>
    requestContext({ projectId, runId, position: Number(position) }),
  ),
};

const names = Object.keys(sealedPlaces) as (keyof typeof sealedPlaces)[];

type Reencrypted = {
  /** Rows that hold something sealed anew. */
  rewrapped: number;
  /** What could not be opened, as `table.column key: why`; it was left as it is. */
  unopened: string[];
};

/**
 * Seals every secret that another key has sealed with the first of these keys, while the hub runs. Safe to stop and to
 * do again. The canary comes last and only when nothing is left, so that a hub does not start without a key it still needs. Throws
 * WrongSecretKey.
 */
export async function reencrypt(sql: Pool, keys: BoxKey[]): Promise<Reencrypted> {
  const box = createSecretBox(keys);
  await checkSecretKey(sql, box);
  const own = `v1.${keys[0]?.id}.`;
  const again: Again = (sealed, context) =>
    sealed.startsWith(own) ? sealed : box.seal(box.open(sealed, context), context);
  const unopened: string[] = [];
  let rewrapped = 0;
  for (const name of names) {
    const place = sealedPlaces[name];
    rewrapped += await rewriteSealed(sql, place, ({ key, text }) => {
      try {
        const resealed = reseals[name](key, text, again);
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

/** JSON may be printed otherwise than it was stored: only more of the first key's texts count. */
const isNew = (before: string, after: string, own: string): boolean =>
  after.split(own).length > before.split(own).length;
