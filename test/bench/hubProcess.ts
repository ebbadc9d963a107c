import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Pool } from "undici";
import { findRunning } from "../../src/db/embedded/start.ts";
import { testKey } from "../fixtures/hub.ts";
import { NODE_COMPILE_CACHE } from "../fixtures/npmStart.ts";
import { ownDirectory } from "./ownDirectory.ts";

/** One GraphQL operation over kept connections; throws on any error. */
type Run = <Data>(query: string, variables?: object) => Promise<Data>;
/** Who calls a hub, of one project. */
export type Caller = { run: Run };

export type BenchHub = AsyncDisposable & {
  readonly url: string;
  key: string;
  readonly pid: number;
  run: Run;
  /** Posts JSON to the REST door over the same connections; throws unless it is answered 201. */
  post(path: string, input: object): Promise<void>;
  /** Calls with another project's key. */
  callerWith(key: string): Caller;
  /** Where its embedded PostgreSQL is. */
  databaseUrl(): Promise<string>;
  /** Ends the process in order. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data, and settles when it has answered a request. */
  start(): Promise<void>;
};

/** What differs from a newcomer's hub: settings, Node.js's own options (for the sources), and the checkout. */
export type HubOptions = { env?: Record<string, string>; nodeOptions?: string[]; home?: string };

const here = join(import.meta.dirname, "../..");
/** The one that runs npm, for newcomers' hubs. */
export const machinesNode = process.env.npm_node_execpath ?? "node";

/** What a checkout's `npm start` runs: the machine's own Node.js, or this one, and what is given to it. */
function startCommandOf(home: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const [, node = "", words = ""] = /exec (\S+) (.+)$/.exec(String(scripts.start)) ?? [];
  const isOwn = node.includes("npm_node_execpath");
  const args = words.split(" ").map((word) => (word.includes("/") ? join(home, word) : word));
  return [isOwn ? machinesNode : process.execPath, ...args];
}

/** The sources, which a profile can tell apart. */
const sourcesCommandOf = (home: string, nodeOptions: string[]) => [
  process.execPath,
  ...nodeOptions,
  join(home, "src/main.ts"),
];

/** A hub as a newcomer starts it (embedded PostgreSQL, all roles, durable), in a directory of its own. */
export async function startHubProcess(options: HubOptions = {}): Promise<BenchHub> {
  const directory = await ownDirectory();
  const key = options.env?.SIGNALBOX_ADMIN_KEY ?? testKey();
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE,
    PORT: "0",
    SIGNALBOX_DATA: directory.path,
    SIGNALBOX_ADMIN_KEY: key,
    LOG_LEVEL: "warn",
    ...options.env,
  };
  const home = options.home ?? here;
  const [node = "", ...args] = options.nodeOptions
    ? sourcesCommandOf(home, options.nodeOptions)
    : startCommandOf(home);
  let running: { child: ChildProcess; url: string; pool: Pool } | undefined;

  async function start() {
    const child = spawn(node, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    directory.holds(child.pid ?? 0);
    const [url, path] = await new Promise<[string, string]>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the hub ended with exit code ${code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, found, page] = /(?:GraphiQL|Health): +(http:\/\/[^/]+)(\/\w+)/.exec(line) ?? [];
        if (found && page) resolve([found, page]);
      });
    });
    running = { child, url, pool: new Pool(url, { connections: 64, pipelining: 1 }) };
    // A worker answers no GraphQL.
    if (path === "/graphql") await hub.run("{ hub { version } }");
  }
  function current() {
    if (!running) throw new Error("the hub is stopped");
    return running;
  }

  const send = (path: string, bearer: string, input: object) =>
    current().pool.request({
      path,
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(input),
    });
  const runWith =
    (bearer: string): Run =>
    async <Data>(query: string, variables?: object) => {
      const { body } = await send("/graphql", bearer, { query, variables });
      const answer = (await body.json()) as { data: Data; errors?: unknown };
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    };

  const hub: BenchHub = {
    get url() {
      return current().url;
    },
    key,
    get pid() {
      return current().child.pid ?? 0;
    },
    run: runWith(key),
    async post(path, input) {
      const { statusCode, body } = await send(path, key, input);
      const answer = await body.json();
      if (statusCode !== 201) throw new Error(JSON.stringify(answer));
    },
    callerWith: (other) => ({ run: runWith(other) }),
    async databaseUrl() {
      const found = await findRunning(directory.path);
      if (!found) throw new Error("the hub's database does not run");
      return found;
    },
    async stop() {
      const { child, pool } = current();
      running = undefined;
      await pool.close();
      child.kill("SIGTERM");
      await once(child, "exit");
    },
    async kill() {
      const { child, pool } = current();
      running = undefined;
      child.kill("SIGKILL");
      await once(child, "exit");
      await pool.destroy();
    },
    start,
    async [Symbol.asyncDispose]() {
      if (running) await hub.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
  try {
    await start();
  } catch (error) {
    await hub[Symbol.asyncDispose]();
    throw error;
  }
  return hub;
}
