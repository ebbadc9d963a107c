import { connect, createServer, type Socket } from "node:net";

/**
 * What happens to the bytes that come: passed on, swallowed (the sockets stay open), passed on later, or held until a
 * promise resolves.
 */
export type Weather =
  | "clear"
  | "blackHole"
  | { delayMs: number }
  | { holds: (bytes: Buffer, from: "near" | "far") => Promise<unknown> };

export type Proxy = AsyncDisposable & {
  port: number;
  weather: Weather;
  /** Ends every connection there is, as a reset. */
  cut(): void;
};

/** A link between two processes that can be broken: TCP in front of a host and port, on loopback unless told. */
export async function startProxy(
  to: { host: string; port: number },
  host = "127.0.0.1",
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to);
    for (const [from, into, side] of [
      [near, far, "near"],
      [far, near, "far"],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        const { weather } = self;
        if (weather === "clear") into.write(bytes);
        else if (weather === "blackHole") return;
        else if ("holds" in weather) void weather.holds(bytes, side).then(() => into.write(bytes));
        else setTimeout(() => into.write(bytes), weather.delayMs);
      });
      // A half-open link tells nobody that the other side has gone.
      from.on("end", () => self.weather !== "blackHole" && into.end());
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        if (self.weather !== "blackHole") into.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  const self: Proxy = {
    port: typeof address === "object" && address ? address.port : 0,
    weather: "clear",
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      self.cut();
      await closed;
    },
  };
  return self;
}
