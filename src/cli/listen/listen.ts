import type { Command } from "commander";
import type { HookFormat } from "../../db/hook/hooks.ts";
import { parseTarget } from "../../domain/hook/target.ts";
import { UserError } from "../../util/userError.ts";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { wholeNumber } from "../hub/limitOption.ts";
import { feedEnd, live, untilStopped } from "../hub/live.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { note, wantsJson } from "../hub/print.ts";
import { Misuse } from "../misuse.ts";
import { type CursorFile, cursorFile } from "./cursorFile.ts";
import type { ForwardedEvent } from "./forward.ts";
import { listenSecret } from "./listenSecret.ts";
import { createReport } from "./report.ts";

export function addListen(program: Command): void {
  hubCommand(
    program,
    "listen [TYPE...]",
    "forwards events to a URL of your own in order, signed with the secret that it prints",
  )
    .requiredOption(
      "--forward-to <URL>",
      "where to, such as http://127.0.0.1:3000/webhooks",
      target,
    )
    .option("--format <FORMAT>", "as a hook's; default CLOUD_EVENT")
    .option("--filter <CEL>", "only events that match, such as event.data.amount > 10")
    .option("--cursor-file <FILE>", "keep the place there, and continue from it at the next start")
    .option(
      "--retries <N>",
      "further tries after an answer that is not 2xx; default 3",
      wholeNumber(0, 1_000),
    )
    .action(onHub(listen));
}

type Options = HubFlags & {
  forwardTo: string;
  /** Checked by the hub. */
  format?: HookFormat;
  filter?: string;
  cursorFile?: string;
  retries?: number;
};

/** What a hook with the same settings would do with the event, told by the hub. */
type Trial = {
  reason: string;
  detail: string | null;
  contentType: string | null;
  headers: Record<string, string> | null;
  body: string | null;
};
type Item = { cursor: string; event: ForwardedEvent & { trial: Trial } };

async function listen(hub: HubPlace, given: string[], options: Options): Promise<void> {
  const stopped = untilStopped();
  const { forwardTo, format = "CLOUD_EVENT", filter, retries = 3 } = options;
  const types = given.length > 0 ? given : ["*"];
  const hook = { types, format, ...(filter !== undefined && { filter }) };
  await check(hub, hook);
  const file = options.cursorFile === undefined ? undefined : cursorFile(options.cursorFile);
  const after = await begin(hub, file);
  const secret = listenSecret(hub.key);
  const report = createReport(wantsJson(options));
  await report.begin({ forwardTo, types, format, secret, after });
  const { createForwarder } = await import("./forward.ts");
  await using forwarder = createForwarder({ url: forwardTo, format, secret, retries });
  const subscription = { query, variables: { types, hook } };
  await using _flush = { [Symbol.asyncDispose]: async () => file?.flush() };
  for await (const { cursor, event } of live<Item>(hub, subscription, after, stopped)) {
    const { trial, ...about } = event;
    const envelope = envelopeOf(trial);
    const isDone =
      envelope === null ||
      (await forwarder.forward(
        about,
        envelope,
        (tried) => report.tried(about, cursor, tried),
        stopped,
      ));
    if (!isDone) return;
    if (trial.reason === "NO_RESOURCE")
      note(`${event.type} ${event.id} is not sent: ${trial.detail}`);
    if (envelope === null) await file?.skip(cursor);
    else await file?.write(cursor);
    if (stopped.aborted) return;
  }
}

/** A wrong filter or format is told at once, not by the first event. */
async function check(hub: HubPlace, hook: object): Promise<void> {
  const { previewHook } = await callHub<{ previewHook: { userErrors: UserErrorDetail[] } }>(
    hub,
    `query ($hook: PreviewHookInput!) {
      previewHook(input: $hook, first: 0) { userErrors { code message path } } }`,
    { hook },
  );
  checked(previewHook);
}

/** The cursor to begin after. A new file has it before anything is sent, so that a crash does not lose the beginning. */
async function begin(hub: HubPlace, file: CursorFile | undefined): Promise<string> {
  const kept = await file?.read();
  if (kept !== undefined) return kept;
  const end = await feedEnd(hub);
  await file?.write(end);
  return end;
}

const envelopeOf = ({ contentType, headers, body }: Trial) =>
  contentType === null || body === null ? null : { contentType, headers: headers ?? {}, body };

function target(text: string): string {
  try {
    parseTarget(text, { requireHttps: false });
    return text;
  } catch (error) {
    if (error instanceof UserError) throw new Misuse(`--forward-to: ${error.message}`);
    throw error;
  }
}

// The hub renders and filters, so that a format or a filter means here what it means for a hook.
const query = `subscription ($after: String, $types: [String!], $hook: PreviewHookInput!) {
  item: eventEmitted(after: $after, types: $types, whenDue: true) {
    cursor
    event {
      id type userId contextId subject { type id }
      trial(hook: $hook) { reason detail contentType headers body }
    }
  }
}`;
