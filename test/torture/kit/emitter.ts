import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { UserError } from "../../fixtures/emit.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { Broken } from "../row.ts";

const EMIT = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id } isDuplicate userErrors { code message } } }`;
type Answer = { emitEvent: { event: { id: string } | null; userErrors: UserError[] } };

const ANSWER_WITHIN_MS = 10_000;
const AGAIN_AFTER_MS = 50;
const ACKED_WITHIN_MS = 60_000;

export type Emitter = {
  /** The ids of the events whose `emitEvent` was answered; also a line each of the run's file. */
  acked: string[];
  /** How many answers failed and were asked for again. */
  readonly again: number;
  /** Emits no more; settles when each emit that was begun is answered. */
  stop(): Promise<void>;
};

/** One emit, asked for again under the same idempotency key until it is answered; gives back the event's id. */
export async function emitUntilAcked(
  urls: () => string[],
  key: string,
  input: { type: string; data?: object; idempotencyKey: string },
  onAgain: () => void = () => {},
): Promise<string> {
  const giveUpAt = performance.now() + ACKED_WITHIN_MS;
  for (let turn = 0; performance.now() < giveUpAt; turn++) {
    const choice = urls();
    const url = choice[turn % choice.length];
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = url
      ? await sendTo<Answer>(url, key, EMIT, { input }, signal).catch(() => null)
      : null;
    const { event, userErrors } = answer?.data?.emitEvent ?? {};
    if (userErrors?.length) throw new Broken(`an emit was refused: ${JSON.stringify(userErrors)}`);
    if (event) return event.id;
    onAgain();
    await pause(AGAIN_AFTER_MS);
  }
  throw new Broken(`an emit was not answered within ${ACKED_WITHIN_MS} ms`);
}

/** Emits so many events a second to whichever process answers, and notes each only after its answer. */
export function startEmitter(options: {
  urls: () => string[];
  key: string;
  perSecond: number;
  file: string;
}): Emitter {
  const { urls, key, perSecond, file } = options;
  const acked: string[] = [];
  const open = new Set<Promise<void>>();
  let again = 0;
  let failure: unknown;
  let count = 0;
  async function emitOne() {
    const number = count++;
    const turned = () => {
      const all = urls();
      return [
        ...all.slice(number % (all.length || 1)),
        ...all.slice(0, number % (all.length || 1)),
      ];
    };
    const input = { type: "torture", idempotencyKey: `torture ${number}`, data: { number } };
    const id = await emitUntilAcked(turned, key, input, () => again++);
    appendFileSync(file, `${id}\n`);
    acked.push(id);
  }
  const timer = setInterval(() => {
    const work = emitOne().catch((error) => {
      failure ??= error;
    });
    open.add(work);
    void work.finally(() => open.delete(work));
  }, 1_000 / perSecond);
  return {
    acked,
    get again() {
      return again;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      if (failure) throw failure;
    },
  };
}
