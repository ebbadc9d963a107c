import ipaddr from "ipaddr.js";
import { privateAddresses } from "../../fixtures/privateAddresses.ts";
import { startCanary, startCanaryWithin } from "../kit/canary.ts";
import { addressIn, hostileUrls, rebindings } from "../kit/hostileTargets.ts";
import { cannotMakeNamespaces } from "../kit/netns.ts";
import { save, startNetwork } from "../kit/network.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

type Attempt = { url: string; number: number; outcome: string; remote: string | null };

const hostOf = (ip: string) => (ip.includes(":") ? `[${ip}]` : ip);
export const t12: Row = {
  id: "T12",
  title:
    "private addresses in every spelling, when a hook is saved, when it is called, and by names that move: nobody is dialled",
  cannotRun: cannotMakeNamespaces,
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    // Names are public as long as hooks are saved.
    let isSaved = false;
    const asked = new Map<string, number>();
    const network = await startNetwork(kit, site, (space) => (name, kind) => {
      const own = addressIn(name);
      if (own) return own;
      if (!isSaved) return [space.publicHere];
      const n = asked.get(`${kind} ${name}`) ?? 0;
      asked.set(`${kind} ${name}`, n + 1);
      const [label = ""] = name.split(".");
      const moved = privateAddresses[Number(/^to-(\d+)$/.exec(label)?.[1])];
      if (moved) return [ipaddr.parse(moved).toNormalizedString()];
      return rebindings.find((one) => one.name === label)?.found(space, n, kind) ?? "NXDOMAIN";
    });
    // Whoever may be called listens on the same port as the canaries.
    const ledger = await kit.ledger(network.publicHere);
    const port = Number(new URL(ledger.url).port);
    await network.capture(privateAddresses);
    const outside = kit.use(await startCanary({ host: network.here, port }));
    const inside = kit.use(await startCanaryWithin(network, port));
    const canaries = async () => outside.connections() + (await inside.connections());

    const literals = privateAddresses.map((ip) => `http://${hostOf(ip)}:${port}/`);
    const urls = hostileUrls(network, port);
    const api = await network.hub({ SIGNALBOX_ROLES: "api" });
    for (const url of [...literals, ...urls, `http://${hostOf(network.here)}:${port}/`]) {
      const { id } = await save(api, { url, types: ["a"] });
      holds(id === null, `${JSON.stringify(url)} was saved`);
    }
    holds((await canaries()) === 0, "a target was dialled before anything was sent");

    const names = privateAddresses.map((_, index) => `to-${index}`);
    names.push(...rebindings.map(({ name }) => name));
    for (const name of names) await keep(`http://${name}.example:${port}/`);
    // Nobody can save these, so they are put where the worker finds them.
    for (const [index, url] of [...literals, ...urls].entries()) {
      const id = await keep(`http://put-${index}.example:${port}/`);
      await sql`update signalbox.hooks set url = ${url} where id = ${id}`;
    }
    isSaved = true;
    const strict = await network.hub({ SIGNALBOX_ROLES: "worker" });
    await api.run(`mutation { emitEvent(input: { type: "a" }) { event { id } } }`);
    const attempts = await ended(names.length + literals.length + urls.length);
    const reached = await canaries();
    holds(reached === 0, `${reached} connections reached a private address`);
    for (const { url, number, outcome, remote } of attempts)
      holds(remote === null, `try ${number} of ${url} reached ${remote} (${outcome})`);
    const judged = attempts.filter(({ url }) => literals.includes(url) || url.includes("//to-"));
    const wrong = judged.find(({ outcome }) => outcome !== "REFUSED");
    holds(!wrong, `${wrong?.url} was not refused, but ${wrong?.outcome}`);
    for (const name of names)
      if (!asked.has(`A ${name}.example`)) throw new Error(`${name} was never asked for`);

    await strict[Symbol.asyncDispose]();
    const control = await controlled();
    return {
      "addresses × 3 places": literals.length,
      spellings: urls.length,
      rebindings: rebindings.length,
      attempts: attempts.length,
      connections: 0,
      "when all is allowed": control,
    };

    async function keep(url: string): Promise<string> {
      const more = { retryScheduleMs: [1_000, 1_000], retries: 2, timeoutMs: 2_000 };
      const { id, code } = await save(api, { url, types: ["a"], ...more });
      if (!id) throw new Error(`${url} was refused: ${code}`);
      return id;
    }

    async function ended(count: number): Promise<Attempt[]> {
      const over = async () => {
        const rows = await sql`select id from signalbox.deliveries where completed_at is not null`;
        return rows.length === count;
      };
      await until("every call has come to its end", over, 60_000);
      return sql<Attempt[]>`select h.url, a.number, a.outcome, a.remote_address as remote
        from signalbox.attempts a join signalbox.deliveries d on d.id = a.delivery_id
        join signalbox.hooks h on h.id = d.hook_id`;
    }

    /** How many connections the canaries count when an operator allows everything: proof that they would. */
    async function controlled(): Promise<number> {
      await network.hub({ SIGNALBOX_ROLES: "worker", SIGNALBOX_ALLOW_TARGETS: "0.0.0.0/0,::/0" });
      await api.run(`mutation { emitEvent(input: { type: "a" }) { event { id } } }`);
      const enough = literals.length / 2;
      await until("the canaries are reached", async () => (await canaries()) > enough, 60_000);
      return canaries();
    }
  },
};
