// Patches quote template texts of the sources as they stand there.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: see above
import { hookMutants } from "./hookMutants.ts";
import type { Patch } from "./kit/patch.ts";
import { orderMutants } from "./orderMutants.ts";
import { programMutants } from "./programMutants.ts";

/** The hub broken on purpose: a change of its source that the named row must find. */
export type Mutant = { name: string; row: `T${number}`; patches: Patch[] };

const mutant = (
  row: Mutant["row"],
  name: string,
  file: string,
  find: string,
  replace: string,
): Mutant => ({ row, name, patches: [{ file, find, replace }] });

const FUNCTIONS = "drizzle/0001_functions.sql";

export const mutants: Mutant[] = [
  mutant(
    "T1",
    "events are completed before the head is locked",
    FUNCTIONS,
    `  UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;
  v_failing := signalbox.count_outcomes(p_project, v_moved, v_now);
  v_items := v_items || signalbox.complete_events(p_project, v_events);`,
    `  v_items := v_items || signalbox.complete_events(p_project, v_events);
  PERFORM pg_sleep(0.03);
  UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;
  v_failing := signalbox.count_outcomes(p_project, v_moved, v_now);`,
  ),
  mutant(
    "T4",
    "what is handed over is not claimed",
    FUNCTIONS,
    'CASE WHEN "leaseMs" IS NOT NULL THEN p_token END,',
    "NULL,",
  ),
  mutant(
    "T13",
    "what was planned under another configuration is accepted",
    FUNCTIONS,
    "WHERE project_id = p_project AND config_version = p_version RETURNING head, held_until > v_now INTO v_head, v_is_any_held;",
    "WHERE project_id = p_project RETURNING head, held_until > v_now INTO v_head, v_is_any_held;",
  ),
  {
    row: "T28",
    name: "each worker has a hook's maxInFlight for itself",
    patches: [
      {
        file: "src/worker/delivery/peers.ts",
        find: "if (live.length === 1) return maxInFlight;",
        replace: "if (live.length > 0) return maxInFlight;",
      },
      {
        file: "src/worker/delivery/peers.ts",
        find: "count: () => live.length,",
        replace: "count: () => 1,",
      },
    ],
  },
  mutant(
    "T2",
    "no reconciler",
    "src/worker/start.ts",
    "stack.use(startReconciler(db, log, { onFeed: wake.onHint, onJobsDue: runner.look }));",
    "void startReconciler;",
  ),
  mutant(
    "T2",
    "nobody takes over from the dead",
    "src/worker/liveness.ts",
    "lifeless.filter(({ id }) => suspects.has(id))",
    "lifeless.filter(() => false)",
  ),
  mutant(
    "T3",
    "a lost connection is not made again for half a minute",
    "src/db/connection/pool/pool.ts",
    "Math.min(20 * 2 ** failures, LONGEST_PAUSE_MS)",
    "60 * LONGEST_PAUSE_MS",
  ),
  mutant(
    "T4",
    "a stop breaks off what is in flight",
    "src/worker/start.ts",
    "deliverer.stop(GRACE_MS)",
    "deliverer.stop(0)",
  ),
  mutant(
    "T5",
    "an action is read without its lock",
    "src/db/action/presses.ts",
    "and a.id = ${id} for update of a`",
    "and a.id = ${id}`",
  ),
  mutant(
    "T6",
    "expiry by the clock of Node.js",
    "src/db/action/presses.ts",
    'a.expires_at <= clock.at as "isExpired"',
    'a.expires_at <= ${new Date().toISOString()}::timestamptz as "isExpired"',
  ),
  mutant(
    "T8",
    "idempotency keys are compared without the body",
    "src/domain/emit/idempotency.ts",
    "if (!isUid(claim) && isSame) {",
    "if (owner.eventId !== claim.eventId) {",
  ),
  mutant(
    "T9",
    "presses in doubt are sent again",
    "src/db/action/pressClaims.ts",
    "if (lost.length === 0) return 0;",
    `if (lost.length === 0) return 0;
    await tx\`update signalbox.presses set lease_token = null, lease_worker = null, lease_until = null
      where id = any(\${lost.map(({ id }) => id)}::uuid[])\`;
    return 0;`,
  ),
  mutant(
    "T10",
    "a send does not wait until the bytes have left",
    "src/http/socket/socketChannel.ts",
    "          resolve();\n        });\n      }),\n    onMessage",
    "        });\n        resolve();\n      }),\n    onMessage",
  ),
  mutant(
    "T8",
    "keys that are taken stop nobody",
    FUNCTIONS,
    "IF v_claimed < json_array_length(p_keys) THEN",
    "IF v_claimed < 0 THEN",
  ),
  mutant(
    "T11",
    "positions are given out before the head is locked",
    FUNCTIONS,
    "UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;",
    `SELECT head + v_positions INTO STRICT v_head FROM signalbox.heads WHERE project_id = p_project;
  UPDATE signalbox.heads SET head = v_head WHERE project_id = p_project;`,
  ),
  mutant(
    "T11",
    "a reader takes a record for a change",
    "src/db/feed/changes.ts",
    "pages.set(projectId, { changes, upTo: Number(records.at(-1)?.last ?? after) });",
    "pages.set(projectId, { changes: changes.slice(0, 1), upTo: Number(records[0]?.last ?? after) });",
  ),
  mutant(
    "T12",
    "addresses are not judged before they are dialled",
    "src/outbound/call/connect.ts",
    "if (!addresses.every((ip) => guard.allows(ip, port))) throw notAllowed();",
    "",
  ),
  mutant(
    "T12",
    "a hook's target is not judged when it is saved",
    "src/outbound/address/checkTarget.ts",
    "if (!addresses.every((ip) => guard.allows(ip, portOf(url)))) {",
    'if (url.href === "") {',
  ),
  mutant(
    "T12",
    "of a name's addresses the first alone is judged",
    "src/outbound/call/connect.ts",
    "if (!addresses.every((ip) => guard.allows(ip, port))) throw notAllowed();",
    'if (!guard.allows(addresses[0] ?? "", port)) throw notAllowed();',
  ),
  mutant(
    "T15",
    "redirects are followed",
    "src/outbound/call/post.ts",
    `return send(url, message, { signal: stop.signal, holder, tls }, (connection) => {
          remoteAddress = connection.address;
        });`,
    `const used = (connection: Connection) => {
          remoteAddress = connection.address;
        };
        const asked = { signal: stop.signal, holder, tls };
        const first = await send(url, message, asked, used);
        const place = first.headers.location;
        if (!place || !URL.canParse(String(place), url)) return first;
        return send(new URL(String(place), url), message, asked, used);`,
  ),
  {
    row: "T16",
    name: "one query without its project, and without row-level security",
    patches: [
      {
        file: "src/db/action/presses.ts",
        find: `presses p
    where p.project_id = \${projectId} and p.id = any(`,
        replace: `presses p
    where \${projectId}::uuid is not null and p.id = any(`,
      },
      {
        file: "src/db/read/createRead.ts",
        find: "isGuarded ? setRlsContext(tx, projectId).execute() : undefined",
        replace: "undefined",
      },
    ],
  },
  mutant(
    "T16",
    "one change without its project",
    "src/db/action/presses.ts",
    "where a.project_id = ${projectId} and a.id = ${id} for update of a",
    "where ${projectId}::uuid is not null and a.id = ${id} for update of a",
  ),
  mutant(
    "T17",
    "the old secret signs no more after a rotation",
    "src/domain/delivery/signature.ts",
    "return keys\n",
    "return keys.slice(0, 1)\n",
  ),
  mutant(
    "T20",
    "no quarantine",
    "src/domain/delivery/claimLimits.ts",
    "quarantineAfter: 3,",
    "quarantineAfter: 30,",
  ),
  mutant(
    "T21",
    "a read-only database is not told from a bug",
    "src/db/connection/outage.ts",
    "^(25006|",
    "^(",
  ),
  {
    row: "T26",
    name: "no fencing",
    patches: [
      {
        file: FUNCTIONS,
        find: "AND q.lease_token = p_tokens[array_position(p_ids, q.id)]",
        replace: "",
      },
      { file: FUNCTIONS, find: "AND q.lease_token = v_again.token", replace: "" },
    ],
  },
  ...orderMutants,
  mutant(
    "T29",
    "names are resolved in the thread pool",
    "src/outbound/address/resolver.ts",
    "const dns = channel(options.servers);",
    `const { lookup } = await import("node:dns/promises");
      const of = (family: number) =>
        lookup(name, { family, all: true }).then((all) => all.map(({ address }) => address));
      const dns = { resolve4: () => of(4), resolve6: () => of(6) };`,
  ),
  mutant(
    "T29",
    "one channel to the name server for all names",
    "src/outbound/address/resolver.ts",
    "const dns = channel(options.servers);",
    `const shared = globalThis as { channel?: DnsResolver };
      shared.channel ??= channel(options.servers);
      const dns = shared.channel;`,
  ),
  mutant(
    "T33",
    "one project may use up what all share",
    "src/util/shares.ts",
    "return own === 0 ? free >= 0 : own + size <= Math.min(each, free);",
    "return free >= 0 && own <= each;",
  ),
  mutant(
    "T34",
    "a lack of file descriptors is the target's failure",
    "src/outbound/call/hubFailure.ts",
    "const shortage = shortages[error.code];",
    'const shortage = shortages[""];',
  ),
  ...programMutants,
  ...hookMutants,
];
