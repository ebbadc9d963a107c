import { registerHooks } from "node:module";

declare module "postgres" {
  interface TransactionSql {
    /**
     * The COMMIT, to be awaited with the transaction's last statements: it goes out right behind them, and is a ROLLBACK
     * should one of them fail. No statement may follow it.
     */
    commit(): PromiseLike<unknown>;
    /** Called with the bytes of each row of the transaction as it comes; what it throws is that statement's error. */
    meter(count: (bytes: number) => void): void;
  }
}

/** A text of the library, and what stands there instead. */
type Mend = [found: string, better: string];

/**
 * postgres.js 3.4.9, the newest, ends the process when a connection breaks inside a transaction: the ROLLBACK it then
 * sends is written to a socket that is null, in a callback nobody can catch (porsager/postgres#1154, #1208).
 * And what it had not written when a connection broke stays in front of the next connection's first packet, so
 * that nothing is sent until a timeout. And while there is no server, each connection that fails tells one query of
 * those that wait, so that under load their number, and how long they wait for the refusal, grows without end. And a
 * connection that broke within a query takes the server's refusal of the next one for that query's, and tries again
 * without a pause and without telling anybody, for as long as the server refuses.
 *
 * And a transaction waits for BEGIN to be answered before its first statement goes out, and for the last before COMMIT
 * does: two round trips more through a process that does other things meanwhile, with all its locks held. Here BEGIN
 * goes out with the first statements and COMMIT may go out with the last. (BEGIN itself does not fail while its
 * connection lives; if it did, the statements behind it would be run one by one, and their caller told that it failed.)
 *
 * And a pool that never runs out of free connections remembers each query it has run, and looks through all of them
 * for each new one: after 160,000 a query took half as long again, in time and in processor.
 *
 * And each query makes two functions of its own, which keep it and its rows until the old generation is collected: at
 * 200 events a second the young one was collected for 14 ms where 6 do.
 *
 * And what a transaction reads can be counted while it comes, so that what is too much is not held in memory first.
 *
 * All is mended as the library is loaded.
 */
const mends: Record<string, Mend[]> = {
  "query.js": [
    // Methods, not functions of its own, so that a query can go as soon as it is over.
    [
      "    this.resolve = x => (this.active = false, resolve(x))\n    this.reject = x => (this.active = false, reject(x))\n",
      "    this.fulfil = resolve\n    this.refuse = reject\n",
    ],
    [
      "  get origin() {\n",
      "  resolve(x) {\n    this.active = false\n    this.fulfil(x)\n  }\n\n  reject(x) {\n    this.active = false\n    this.refuse(x)\n  }\n\n  get origin() {\n",
    ],
  ],
  "queue.js": [
    // What has left a queue that is never empty, such as the pool's open connections, takes no room, and is not searched.
    [
      "        xs[index - 1] = undefined\n",
      "        xs[index - 1] = undefined\n        if (index > 32 && index * 2 > xs.length) {\n          xs = xs.slice(index)\n          index = 0\n        }\n",
    ],
  ],
  "connection.js": [
    // Before the row is made; once it throws, the rest of the rows are passed over.
    [
      "  function DataRow(x) {\n",
      "  function DataRow(x) {\n    query.meter && query.meter(x.length)\n",
    ],
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
    // A transaction's statements go out one behind the other, however much of them the socket still has to send.
    [
      "      return write(toBuffer(q))\n        && !q.describeFirst\n        && !q.cursorFn\n        && sent.length < max_pipeline\n        && (!q.options.onexecute || q.options.onexecute(connection))\n",
      "      const isWritten = write(toBuffer(q))\n      q.options.onexecute && q.options.onexecute(connection)\n      return (isWritten || connection.reserved)\n        && !q.describeFirst\n        && !q.cursorFn\n        && sent.length < max_pipeline\n",
    ],
    // A statement whose plan is of the past is not tried again behind its transaction's COMMIT.
    [
      "          ? retry(query, errorResponse)\n",
      "          ? connection.reserved\n            ? (delete statements[query.signature], errored(errorResponse))\n            : retry(query, errorResponse)\n",
    ],
    // What is asked in one go is written in one go: each write wakes the server.
    ["chunk.length >= 1024)", "chunk.length >= 65536)"],
    [
      "    nextWriteTimer === null && (nextWriteTimer = setImmediate(nextWrite))\n",
      "    if (nextWriteTimer === null) {\n      nextWriteTimer = {}\n      process.nextTick(() => nextWriteTimer && nextWrite())\n    }\n",
    ],
    // Nor what is asked of one that has broken and has not closed yet, such as a ROLLBACK: it waited for ever, in front of
    // its successor's statements, and took their answers for its own.
    ["    !hadError && (query || sent.length) && error(", "    ;(query || sent.length) && error("],
    // A server that answers that it does not encrypt is not sent what it would take for nonsense.
    [
      "      if (!canSSL && ssl === 'prefer')\n        return connected()\n",
      "      if (!canSSL && ssl === 'prefer')\n        return connected()\n      if (!canSSL)\n        return socket.destroy(Object.assign(new Error('it does not encrypt, and sslmode asks for it'), { code: 'NO_TLS' }))\n",
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
    [
      "    let savepoints = 0\n",
      "    let lost = null, assigned, last, committing, meter = null, savepoints = 0\n",
    ],
    [
      "q.catch(e => uncaughtError || (uncaughtError = e))\n",
      "q.catch(e => uncaughtError || (uncaughtError = e))\n        q.meter = meter\n        if (lost)\n          return q.reject(lost)\n        if (committing)\n          return q.reject(new Error('a statement behind the COMMIT'))\n        if (q === last)\n          committing = q\n",
    ],
    // The first statements go out behind BEGIN without waiting for its answer, on the connection that is theirs now.
    [
      "      await sql.unsafe('begin ' + options.replace(/[^a-z ]/ig, ''), [], { onexecute }).execute()\n",
      "      await new Promise((resolve, reject) => {\n        assigned = resolve\n        sql.unsafe('begin ' + options.replace(/[^a-z ]/ig, ''), [], { onexecute }).execute().catch(reject)\n      })\n",
    ],
    [
      "        ? c.execute(queries.shift())\n        : move(c, reserved)\n    }\n",
      "        ? c.execute(queries.shift())\n        : move(c, reserved)\n      assigned()\n    }\n",
    ],
    [
      "    return c.execute(query)\n      ? move(c, busy)\n",
      "    return c.execute(query)\n      ? c.reserved || move(c, busy)\n",
    ],
    [
      "      ready = c.execute(query)\n",
      "      ready = c.execute(query)\n      if (c.reserved)\n        return\n",
    ],
    // COMMIT, too, may go out behind the last statements; what fails before it makes it a ROLLBACK.
    [
      "      sql.savepoint = savepoint\n",
      "      sql.savepoint = savepoint\n      sql.commit = () => last = sql`commit`\n      sql.meter = fn => meter = fn\n",
    ],
    [
      "        await (name\n          ? sql`rollback to",
      "        if (committing)\n          await committing.catch(() => {})\n        else await (name\n          ? sql`rollback to",
    ],
    ["          : await sql`commit`\n", "          : await (committing || sql`commit`)\n"],
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

const mended = new Set<string>();
const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const file = /\/node_modules\/postgres\/src\/(\w+\.js)$/.exec(url)?.[1];
    if (!file) return loaded;
    mended.add(file);
    return { ...loaded, source: mend(String(loaded.source), file) };
  },
});

/** The mended library. */
export const { default: postgres } = await import("postgres");
hooks.deregister();
if (Object.keys(mends).some((file) => !mended.has(file)))
  throw new Error("postgres.js was loaded by something else before it could be mended");
