import { connect } from "node:net";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

const MIB = 1024 * 1024;

/** What floods a hub; it gives back what ends the flood. */
export type Flood = {
  name: string;
  begin: (hub: { url: string; key: string }) => Promise<() => void>;
};

const WAIT = `mutation { emitEvent(input: { type: "waits", delay: 3600, waitMs: 15000 }) {
  event { id } userErrors { code } } }`;

/** So many connections that have sent this. */
function connections(url: string, count: number, head: string, body = "") {
  const { port } = new URL(url);
  const open = Array.from({ length: count }, () => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(head);
    socket.write(body);
    return socket;
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

const post = (key: string, length: number) =>
  `POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n\r\n`;

/** The floods of one key or of nobody, each as hard as this machine sends it. */
export const floods = (size: (full: number, smoke: number) => number): Flood[] => [
  {
    name: "calls that wait",
    async begin({ url, key }) {
      const sockets = Array.from({ length: size(100, 25) }, () =>
        createClient({
          url: `${url.replace("http", "ws")}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: { authorization: `Bearer ${key}` },
          retryAttempts: 0,
        }),
      );
      const connected = sockets.map((socket) => new Promise((go) => socket.on("connected", go)));
      const calls = sockets.flatMap((socket) =>
        Array.from({ length: 100 }, () => socket.iterate({ query: WAIT }).next()),
      );
      const over = calls.map((call) => call.catch(() => null));
      await Promise.all(connected);
      // One that is answered soon was refused: the places are taken.
      await Promise.race(over);
      return () => {
        for (const socket of sockets) socket.terminate();
      };
    },
  },
  {
    name: "bodies that never end",
    begin: async ({ url, key }) =>
      connections(url, size(200, 40), post(key, 4 * MIB), " ".repeat(4 * MIB - 1)),
  },
  {
    name: "page views that nobody reads",
    begin: async ({ url }) => connections(url, 1, get("/graphql").repeat(100)),
  },
  {
    name: "scrapes",
    begin: async ({ url }) => connections(url, 1, get("/metrics").repeat(size(2_000, 300))),
  },
  {
    name: "keys that nobody knows",
    begin: async ({ url }) => {
      const unknown = Array.from({ length: size(5_000, 500) }, (_, index) =>
        post(`unknown_${index}_${"x".repeat(32)}`, 2).concat("{}"),
      );
      return connections(url, 10, unknown.join(""));
    },
  },
];
