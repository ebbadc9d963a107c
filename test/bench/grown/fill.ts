import type { Pool } from "../../../src/db/connection/client.ts";
import { newId } from "../../../src/util/ids.ts";
import type { BenchHub } from "../hubProcess.ts";
import { concurrently } from "../measure.ts";
import { register } from "../operations.ts";
import type { BenchServer } from "../server.ts";
import { fillFew } from "./few.ts";
import { filling, makeHelpers, setHeads } from "./rows.ts";

export const DAYS = 30;
const DAY_MS = 86_400_000;
/** What a hub keeps that is not to remove any of it while it is measured. */
export const RETENTION_DAYS = 35;
/** Events whose rows one statement writes. */
const CHUNK = 25_000;
const SESSIONS = 2;

/** By the API: 50 types with two hooks each, all of which are like a user's, and a workflow. Gives back its id. */
export async function prepare(hub: BenchHub, target: string): Promise<string> {
  const names = [...Array.from({ length: 50 }, (_, kind) => `grown.t${kind}`), "grown.rare"];
  for (const name of names) {
    const input = { name, schema: { pad: "String!" } };
    await hub.run(
      "mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { userErrors { code } } }",
      { input },
    );
    for (const which of name === "grown.rare" ? [] : ["first", "second"])
      await register(hub, target, name, { name: `${name} ${which}` });
  }
  const steps = [{ id: "one", url: target, body: { text: "{{ data.pad }}" } }];
  const { createWorkflow } = await hub.run<{ createWorkflow: { workflow: { id: string } } }>(
    "mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { id } } }",
    { input: { name: "Grown", eventType: "grown.t4", steps } },
  );
  await hub.run(
    `mutation ($input: RegisterResourceTypeInput!) { registerResourceType(input: $input) { userErrors { code } } }`,
    { input: { name: "tickets", createdEvent: "ticket.created" } },
  );
  return createWorkflow.workflow.id;
}

/** Four more projects, with hooks of their own; all projects in order, and all hooks in the order of their types. */
async function makeProjects(sql: Pool): Promise<{ projects: string[]; hooks: string[] }> {
  const [first] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const own = await sql<{ id: string }[]>`
    select id from signalbox.hooks where kind = 'HOOK' and name like 'grown.%' order by id`;
  const projects = [first?.id ?? ""];
  const hooks = own.map(({ id }) => id);
  for (const number of [1, 2, 3, 4]) {
    const id = newId();
    projects.push(id);
    await sql`insert into signalbox.projects (id, name, slug, source)
      values (${id}, ${`Project ${number}`}, ${`grown-${number}`}, ${id})`;
    await sql`insert into signalbox.heads (project_id) values (${id})`;
    const ids = own.map(() => newId());
    hooks.push(...ids);
    await sql`
      insert into signalbox.hooks (project_id, id, types, url, format, retries, timeout_ms, unsubscribe_on,
        max_in_flight, status, secrets)
      select ${id}, x.id, h.types, h.url, h.format, h.retries, h.timeout_ms, h.unsubscribe_on, h.max_in_flight, h.status,
        h.secrets
      from unnest(${own.map((hook) => hook.id)}::uuid[], ${ids}::uuid[]) as x(of, id)
      join signalbox.hooks h on h.id = x.of`;
  }
  const [paused] = own;
  await sql`update signalbox.hooks set status = 'PAUSED' where id = ${paused?.id ?? ""}`;
  return { projects, hooks };
}

/** All as a hub leaves it that has run for a month; no hub runs meanwhile. Tells what it does. */
export async function fill(
  server: BenchServer,
  url: string,
  stored: number,
  workflowId: string,
  say: (text: string) => void,
): Promise<void> {
  const count = Math.floor(stored / 2);
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => server.session(url)));
  const [sql] = sessions;
  if (!sql) throw new Error("no session");
  try {
    for (const session of sessions) await session`set synchronous_commit = off`;
    await server.sql`alter system set autovacuum = off`;
    await server.sql`select pg_reload_conf()`;
    const startMs = Date.now() - DAYS * DAY_MS;
    const stepMs = (DAYS * DAY_MS - 60_000) / count;
    // What preparing has told of is younger than all that comes before it now.
    await sql`delete from signalbox.feed`;
    await makeHelpers(sql, { ...(await makeProjects(sql)), startMs, stepMs, events: count });
    const chunks = Array.from({ length: Math.ceil(count / CHUNK) }, (_, index) => ({
      from: index * CHUNK,
      to: Math.min(count, (index + 1) * CHUNK),
    }));
    const jobs = chunks.flatMap((range) => filling.map((insert) => ({ insert, range })));
    const free = [...sessions];
    let done = 0;
    await concurrently(jobs.length, SESSIONS, async (index) => {
      const job = jobs[index];
      const session = free.pop();
      if (!job || !session) throw new Error("no session is free");
      await job.insert(session, job.range);
      free.push(session);
      if (++done % Math.ceil(jobs.length / 10) === 0)
        say(`filled ${Math.round((done / jobs.length) * 100)} %`);
    });
    await setHeads(sql);
    await fillFew(sql, { workflowId, events: count });
    await sql`drop schema bench cascade`;
    say("vacuum");
    await sql`vacuum (analyze)`;
    await server.sql`checkpoint`;
  } finally {
    await server.sql`alter system reset autovacuum`;
    await server.sql`select pg_reload_conf()`;
    for (const session of sessions) await session.end();
  }
}
