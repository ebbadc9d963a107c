import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { limits } from "./gate/limits.ts";

/** The system's limit of open files and sockets for this process; infinite if unknown. */
function maxOpenFiles(): number {
  try {
    const text = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** At most half of the open files, so that enough remain for PostgreSQL and targets. */
export const maxConnections = Math.min(limits.connections, Math.floor(maxOpenFiles() / 2));

/**
 * Closes the longest-idle connection when there are too many. Limits per address would not work:
 * all clients may share one proxy.
 */
export function limitConnections(server: Server): void {
  const idle = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once("close", () => {
      open--;
      idle.delete(socket);
    });
    if (open > maxConnections) idle.values().next().value?.destroy();
  });
  server.on("request", ({ socket }: IncomingMessage, res: ServerResponse) => {
    idle.delete(socket);
    res.once("close", () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
  server.on("upgrade", ({ socket }: IncomingMessage) => idle.delete(socket));
}
