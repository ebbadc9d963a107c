import { registerHooks } from "node:module";

/** A text of the library, and what stands there instead. */
type Mend = [found: string, better: string];

/**
 * postgres.js 3.4.9, the newest, ends the process when a connection breaks inside a transaction: the ROLLBACK it then
 * sends is written to a socket that is null, in a callback nobody can catch (porsager/postgres#1154, #1208).
 * And what it had not written when a connection broke stays in front of the next connection's first packet, so
 * that nothing is sent until a timeout. And while there is no server, each connection that fails tells one query of
 * those that wait, so that under load their number, and how long they wait for the refusal, grows without end. And a
 * connection that broke within a query takes the server's refusal of the next one for that query's, and tries again
 * without a pause and without telling anybody, for as long as the server refuses. All are mended as the library is
 * loaded.
 */
const mends: Record<string, Mend[]> = {
  "connection.js": [
    // Nothing of a broken connection is written to its successor.
    [
      "incomings = null\n    clearImmediate(nextWriteTimer)\n",
      "incomings = null\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n",
    ],
    // Whoever waits for a connection that closes before it is ready is told, unless there is another host to try.
    [
      "    if (initial)\n      return reconnect()\n",
      "    if (initial) {\n      if (options.host.length > 1)\n        return reconnect()\n      query = null\n      error(Errors.connection('CONNECTION_CLOSED', options))\n    }\n",
    ],
    // One that breaks while it asks for the server's array types: the next one asks anew, and nobody waits for these.
    ["    `], [], execute)\n", "    `], [], execute).catch(() => [])\n"],
    // Nothing that was asked of a broken connection is taken for its successor's.
    [
      "    closedTime = performance.now()\n",
      "    query = results = errorResponse = null\n    result = new Result()\n    closedTime = performance.now()\n",
    ],
    // Without a socket, whoever waits is told.
    [
      "function nextWrite(fn) {\n",
      "function nextWrite(fn) {\n    if (!socket) {\n      chunk = nextWriteTimer = null\n      error(Errors.connection('CONNECTION_CLOSED', options))\n      return false\n    }\n",
    ],
  ],
  "index.js": [
    // A transaction whose connection broke sends no more: its connection may by then serve another.
    ["connection.onclose = reject)", "connection.onclose = e => { lost = e; reject(e) })"],
    ["    let savepoints = 0\n", "    let lost = null, savepoints = 0\n"],
    [
      "q.catch(e => uncaughtError || (uncaughtError = e))\n",
      "q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost)\n          return q.reject(lost)\n",
    ],
    // A connection that could not be made, while there is no other, speaks for all.
    [
      "function onclose(c, e) {\n",
      "function onclose(c, e) {\n    const isAway = c.queue === connecting && [open, busy, full, reserved].every(q => q.length === 0)\n",
    ],
    [
      "    queries.length && connect(c, queries.shift())\n",
      "    while (isAway && queries.length)\n      queries.shift().reject(e)\n    queries.length && connect(c, queries.shift())\n",
    ],
  ],
};

function mend(source: string, file: string): string {
  return (mends[file] ?? []).reduce((text, [found, better]) => {
    if (text.split(found).length !== 2) throw new Error(`postgres.js has changed: look at ${file}`);
    return text.replace(found, () => better);
  }, source);
}

const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const file = /\/node_modules\/postgres\/src\/(\w+\.js)$/.exec(url)?.[1];
    return file ? { ...loaded, source: mend(String(loaded.source), file) } : loaded;
  },
});

/** The mended library. */
export const { default: postgres } = await import("postgres");
hooks.deregister();
