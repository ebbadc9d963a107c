import { once } from "node:events";
import { WebSocket } from "ws";
import { overSocket, positionIn } from "../../fixtures/subscription.ts";
import type { Patch } from "../kit/patch.ts";
import { heldBy } from "../kit/resources.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** The hub tells how much waits in a socket, each time that it is more than ever. */
export const telling: Patch = {
  file: "src/http/socket/socketChannel.ts",
  find: "socket.send(data, () => {",
  replace: `setImmediate(() => {
          const most = socket.bufferedAmount;
          if (most <= (globalThis.mostQueued ?? 0)) return;
          globalThis.mostQueued = most;
          console.error("queued " + most);
        });
        socket.send(data, () => {`,
};
const QUEUED_AT_MOST = 2 ** 20;
/** What a process may grow by beside, while it serves the fast readers. */
const ROOM_MIB = 600;
const SUBSCRIPTIONS = 2;
const BATCH = 100;
const TEXT = "x".repeat(8_000);

const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;
type Emitted = { emitEvents: { events: { id: string }[] } };

export const t10: Row = {
  id: "T10",
  title:
    "readers that stop reading beside others that follow: little is kept for them, they are closed with 4000, nobody is held up",
  async run(kit) {
    const site = await kit.site([telling]);
    const fleet = await kit.fleet(site, ["api,worker"]);
    const [hub] = fleet.hubs();
    if (!hub) throw new Error("no hub");
    const source = { url: hub.url, key: site.key };
    const query = "subscription { eventEmitted { cursor event { id } } }";
    const fast = Array.from({ length: kit.size(10, 3) }, () =>
      kit.use(overSocket<{ cursor: string; event: { id: string } }>(source, query)),
    );
    const stuck = await Promise.all(Array.from({ length: kit.size(50, 10) }, stuckSocket));
    const subscribers = () => hub.metric("signalbox_subscribers");
    const all = fast.length + stuck.length * SUBSCRIPTIONS;
    await until("all follow", async () => (await subscribers()) === all, 30_000);
    const before = await heldBy([hub.pid], site.db.sql);

    const messages = kit.size(12_000, 1_500);
    const emitted: string[] = [];
    const startedAt = performance.now();
    for (let sent = 0; sent < messages; sent += BATCH) {
      const input = Array(BATCH).fill({ type: "torture", data: { text: TEXT } });
      const { emitEvents } = await hub.run<Emitted>(EMIT_MANY, { input });
      emitted.push(...emitEvents.events.map(({ id }) => id));
    }
    const complete = () => fast.every(({ items }) => items.length >= messages);
    await until("the fast readers have everything", complete, 120_000);
    const followedMs = performance.now() - startedAt;
    const onlyFast = async () => (await subscribers()) === fast.length;
    await until("those that do not read are closed", onlyFast, 60_000);
    const after = await heldBy([hub.pid], site.db.sql);
    const codes = await Promise.all(stuck.map(codeOf));

    for (const { items } of fast) {
      const positions = items.map(({ cursor }) => positionIn(cursor));
      const isOrdered = positions.every(
        (at, index) => index === 0 || at > (positions[index - 1] ?? 0),
      );
      holds(isOrdered, "a fast reader got its changes out of order");
      const seen = new Set(items.map(({ event }) => event.id));
      const missing = emitted.filter((id) => !seen.has(id));
      holds(missing.length === 0, `a fast reader missed ${missing.length} of ${messages} events`);
    }
    const others = codes.filter((code) => code !== 4000);
    holds(others.length === 0, `${others.length} readers were closed with ${others[0]}, not 4000`);
    const told = [...hub.output.matchAll(/^queued (\d+)$/gm)].map(([, bytes]) => Number(bytes));
    const queued = Math.max(...told, 0);
    holds(queued > 0, "nothing was told of what waits");
    holds(queued <= QUEUED_AT_MOST, `${queued} bytes wait in one socket`);
    const grown = (after?.rssMiB ?? 0) - (before?.rssMiB ?? 0);
    const room = ROOM_MIB + stuck.length;
    holds(grown <= room, `the process has grown by ${Math.round(grown)} MiB`);
    return {
      "paused readers": stuck.length,
      messages,
      "fast readers": fast.length,
      "ms until they had all": Math.round(followedMs),
      "KiB queued in one socket, at most": Math.round(queued / 1_024),
      "MiB grown": Math.round(grown),
    };

    /** Subscribes to more than fits into a socket, and reads no more. */
    async function stuckSocket(): Promise<WebSocket> {
      const socket = new WebSocket(
        `${source.url.replace("http", "ws")}/graphql`,
        "graphql-transport-ws",
      );
      kit.use({ [Symbol.asyncDispose]: async () => socket.terminate() });
      await once(socket, "open");
      const send = (message: object) => socket.send(JSON.stringify(message));
      send({
        type: "connection_init",
        payload: { authorization: `Bearer ${site.key}` },
      });
      await once(socket, "message");
      const payload = { query: "subscription { eventEmitted { event { data } } }" };
      for (let id = 0; id < SUBSCRIPTIONS; id++) send({ id: `${id}`, type: "subscribe", payload });
      socket.pause();
      return socket;
    }
  },
};

/** Reads on, to learn how it was closed. */
async function codeOf(socket: WebSocket): Promise<number> {
  const closed = once(socket, "close");
  socket.resume();
  const [code] = await closed;
  return code;
}
