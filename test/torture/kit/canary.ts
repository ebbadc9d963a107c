import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Namespace } from "./netns.ts";

/** A listener that nobody may ever reach; counts who does. */
export type Canary = AsyncDisposable & { port: number; connections(): number };

/** Listens on every address of this machine, or on one, on a free port or a given one. */
export async function startCanary(at: { host?: string; port?: number } = {}): Promise<Canary> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ port: 0, ...at }, resolve);
  await promise;
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** One on every address of a namespace, in a process of its own. */
export type CanaryWithin = AsyncDisposable & { connections(): Promise<number> };

export async function startCanaryWithin(space: Namespace, port: number): Promise<CanaryWithin> {
  const [command = "", ...args] = space.within;
  const child = fork(join(import.meta.dirname, "canaryProcess.ts"), [String(port)], {
    execPath: command,
    execArgv: [...args, process.execPath],
  });
  const connections = async () => {
    const answer = once(child, "message");
    child.send("count");
    const [{ count }] = await answer;
    return Number(count);
  };
  await connections();
  return {
    connections,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
