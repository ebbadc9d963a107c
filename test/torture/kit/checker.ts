import { Webhook } from "standardwebhooks";
import type { Pool } from "../../../src/db/connection/client.ts";
import { verify } from "../../../src/verify/run.ts";
import { Broken } from "../row.ts";
import type { LedgerEntry } from "./ledger.ts";
import { type Held, isBack } from "./resources.ts";
import type { Seen } from "./stream.ts";

/** A hook as the checker knows it: by the path of its target. */
export type CheckedHook = { id: string; path: string; secret: string };

/** What a run leaves behind; what is absent was not part of it. */
export type Evidence = {
  sql: Pool;
  entries: LedgerEntry[];
  /** Events whose emit was answered; each was to reach every hook. */
  acked: string[];
  hooks: CheckedHook[];
  /** For how many requests processes may have died before they had written down the answer. */
  mayRepeat: number;
  seen?: Seen[];
  held?: { start: Held | null; end: Held | null };
};

type Attempt = { eventId: string; hookId: string; number: number; outcome: string };
type Looked = { attempts: Attempt[]; byPath: Map<string, CheckedHook>; received: Set<string> };
export type Verdict = { name: string; isKept: boolean | null; detail: string };

const verdict = (name: string, wrong: unknown[], detail: string): Verdict => ({
  name,
  isKept: wrong.length === 0,
  detail:
    wrong.length === 0 ? detail : `${wrong.length} wrong, such as ${JSON.stringify(wrong[0])}`,
});

/** I1: what was answered was received by every hook, unless a person can see that it was given up, and why. */
async function ackedIsReceived({ sql, acked, hooks }: Evidence, { received }: Looked) {
  const lost = hooks.flatMap(({ id, path }) =>
    acked.filter((event) => !received.has(`${path} ${event}`)).map((event) => ({ id, event })),
  );
  const given = await sql<{ key: string }[]>`
    select hook_id || ' ' || event_id as key from signalbox.deliveries
    where status in ('QUARANTINED', 'FAILED') and last_error is not null`;
  const visible = new Set(given.map(({ key }) => key));
  const silent = lost.filter(({ id, event }) => !visible.has(`${id} ${event}`));
  return verdict("I1", silent, `${acked.length} events × ${hooks.length} hooks`);
}

/** I2: nothing was received that nobody emitted: every id is an event of the emitter. */
async function receivedIsAcked({ sql, entries, acked }: Evidence) {
  const known = new Set(acked);
  const others = [...new Set(entries.map(({ id }) => id))].filter((id) => !known.has(id));
  const inDoubt = await sql<{ id: string }[]>`
    select id from signalbox.events where id = any(${others}::uuid[])`;
  const explained = new Set(inDoubt.map(({ id }) => id));
  const unknown = others.filter((id) => !explained.has(id));
  return verdict("I2", unknown, `${explained.size} in doubt`);
}

/** I3: every request that was received has its record. */
function receivedIsRecorded({ entries }: Evidence, { attempts, byPath }: Looked) {
  const recorded = new Set(attempts.map((a) => `${a.hookId} ${a.eventId} ${a.number}`));
  const missing = entries.filter(
    ({ path, id, attempt }) => !recorded.has(`${byPath.get(path)?.id} ${id} ${attempt}`),
  );
  return verdict("I3", missing, `${entries.length} requests`);
}

/**
 * I4: a target that had answered 2xx was called again only when a process died before it had written that down, which
 * the delivery's UNKNOWN attempts tell; and all together not more often than so many dying processes may cause.
 */
function repeatsAreBounded({ entries, mayRepeat }: Evidence, { attempts, byPath }: Looked) {
  const count = <Item>(items: Item[], keyOf: (item: Item) => string) =>
    new Map([...Map.groupBy(items, keyOf)].map(([key, group]) => [key, group.length]));
  const lost = count(
    attempts.filter(({ outcome }) => outcome === "UNKNOWN"),
    ({ hookId, eventId }) => `${hookId} ${eventId}`,
  );
  const good = entries.filter(({ status }) => status === 200);
  const repeated = [...count(good, ({ path, id }) => `${byPath.get(path)?.id} ${id}`)]
    .map(([key, times]) => ({ key, times: times - 1 }))
    .filter(({ times }) => times > 0);
  const repeats = repeated.reduce((sum, { times }) => sum + times, 0);
  const wrong = repeated.filter(({ key, times }) => times > (lost.get(key) ?? 0));
  const detail = `${repeats} repeated, ${mayRepeat} allowed`;
  if (repeats > mayRepeat) return { name: "I4", isKept: false, detail };
  return verdict("I4", wrong, `${detail}, each in doubt`);
}

/** I5: what is called SUCCEEDED was answered 2xx. */
async function succeededIsAnswered({ sql, entries, hooks }: Evidence) {
  const answered = new Set(
    entries.filter(({ status }) => status === 200).map(({ path, id }) => `${path} ${id}`),
  );
  const pathOf = new Map(hooks.map(({ id, path }) => [id, path]));
  const rows = await sql<{ hookId: string; eventId: string }[]>`
    select hook_id as "hookId", event_id as "eventId" from signalbox.deliveries
    where status = 'SUCCEEDED' and hook_id = any(${hooks.map(({ id }) => id)}::uuid[])`;
  const wrong = rows.filter(
    ({ hookId, eventId }) => !answered.has(`${pathOf.get(hookId)} ${eventId}`),
  );
  return verdict("I5", wrong, `${rows.length} succeeded`);
}

/** I6: the reference library makes the same signature, and the time in it is that of the call. */
function signaturesVerify({ entries }: Evidence, { byPath }: Looked) {
  const wrong = entries.filter(({ path, id, timestamp, body, signature, at }) => {
    const secret = byPath.get(path)?.secret;
    if (!secret) return true;
    const right = new Webhook(secret).sign(id, new Date(timestamp * 1_000), body);
    return !signature.split(" ").includes(right) || Math.abs(at / 1_000 - timestamp) > 300;
  });
  return verdict("I6", wrong, `${entries.length} signatures`);
}

/** I7: the stream was the feed: every change once, in order, and its last word is what the tables say. */
async function streamIsTrue({ sql, seen, hooks }: Evidence): Promise<Verdict> {
  const first = seen?.[0];
  if (!seen || !first) return { name: "I7", isKept: null, detail: "nobody subscribed" };
  const rows = await sql<{ position: string; id: string; status: string; attempts: number }[]>`
    select c.position, d.id, d.status, d.attempt_count::int as attempts from signalbox.changes c
    join signalbox.deliveries d on d.project_id = c.project_id and d.id = c.entity_id
    where c.kind = 'DELIVERY' and c.position >= ${first.position}
      and c.hook_id = any(${hooks.map(({ id }) => id)}::uuid[])
    order by c.position`;
  const streamed = seen.map(({ position }) => position);
  const own = new Set(rows.map(({ id }) => id));
  const foreign = seen.filter(({ id }) => !own.has(id));
  const disordered = streamed.filter((at, index) => index > 0 && at <= (streamed[index - 1] ?? 0));
  const had = new Set(streamed);
  const missed = rows.map(({ position }) => Number(position)).filter((at) => !had.has(at));
  const last = new Map(seen.map((state) => [state.id, state]));
  const stale = rows.filter(({ id, status, attempts }) => {
    const told = last.get(id);
    return told && (told.status !== status || told.attemptCount !== attempts);
  });
  return verdict(
    "I7",
    [...disordered, ...missed, ...stale, ...foreign],
    `${seen.length} states streamed`,
  );
}

/** I8: at rest nothing is claimed, and no job is locked by a process that is gone. */
async function nothingIsHeld({ sql }: Evidence) {
  const claimed = await sql`select id from signalbox.deliveries where lease_token is not null
    union all select id from signalbox.presses where status = 'PENDING' and lease_token is not null`;
  const locked = await sql`select id from graphile_worker._private_jobs where locked_by is not null
    and locked_by not in (select pool_id from signalbox.workers)`;
  const left = await sql`select id from graphile_worker._private_jobs
    where attempts >= max_attempts`;
  return verdict("I8", [...claimed, ...locked], `${left.length} jobs left over`);
}

/** I9: the processes hold what they held at the start. */
function heldIsBack({ held }: Evidence): Verdict {
  if (!held?.start || !held.end) return { name: "I9", isKept: null, detail: "not measured" };
  const { start, end } = held;
  const say = (name: string, from: number, to: number) =>
    `${name} ${from.toFixed(0)}→${to.toFixed(0)}`;
  const detail = [
    say("MiB", start.rssMiB, end.rssMiB),
    say("sockets", start.sockets, end.sockets),
    say("connections", start.connections, end.connections),
  ].join(", ");
  return { name: "I9", isKept: isBack(start, end), detail };
}

/** I10: every project's feed has all positions up to its head, once: those that readers count on. */
async function feedIsDense({ sql }: Evidence) {
  const rows = await sql<{ first: string | null; head: string }[]>`
    select f.first, h.head from signalbox.heads h left join (
      select *, lag(last, 1, 0::bigint) over feed as before, lead(last) over feed as next from signalbox.feed
      window feed as (partition by project_id order by last)
    ) f on f.project_id = h.project_id
    where f.first <> f.before + 1 or json_array_length(f.items) > f.last - f.first + 1
      or (f.next is null and h.head <> coalesce(f.last, 0))`;
  return verdict("I10", rows, "no gaps");
}

/** I11: what the hub itself finds when it compares its tables with each other. */
async function tablesAgree({ sql }: Evidence) {
  const { differences } = await verify(sql, { projectId: null, since: null, until: null });
  return verdict("I11", differences, "verified");
}

/** The invariants over what a run left; a run must be at rest. Throws `Broken` with those that do not hold. */
export async function check(evidence: Evidence): Promise<Verdict[]> {
  const { sql, entries, hooks } = evidence;
  const attempts = await sql<Attempt[]>`
    select d.event_id as "eventId", d.hook_id as "hookId", a.number::int, a.outcome from signalbox.attempts a
    join signalbox.deliveries d on d.project_id = a.project_id and d.id = a.delivery_id`;
  const looked: Looked = {
    attempts,
    byPath: new Map(hooks.map((hook) => [hook.path, hook])),
    received: new Set(entries.map(({ path, id }) => `${path} ${id}`)),
  };
  const verdicts = [
    await ackedIsReceived(evidence, looked),
    await receivedIsAcked(evidence),
    receivedIsRecorded(evidence, looked),
    repeatsAreBounded(evidence, looked),
    await succeededIsAnswered(evidence),
    signaturesVerify(evidence, looked),
    await streamIsTrue(evidence),
    await nothingIsHeld(evidence),
    heldIsBack(evidence),
    await feedIsDense(evidence),
    await tablesAgree(evidence),
  ];
  const broken = verdicts.filter(({ isKept }) => isKept === false);
  if (broken.length > 0)
    throw new Broken(broken.map(({ name, detail }) => `${name}: ${detail}`).join("; "));
  return verdicts;
}
