import { IncomingMessage } from "node:http";

const offered = Symbol("offered");

/**
 * A request that leaves HTTP/1.1 for a websocket alone. Java's client and curl offer HTTP/2 (h2c), but also accept an
 * answer in HTTP/1.1. Node.js asks `upgrade` of each request; its own option for this (`shouldUpgradeCallback`) is younger
 * than the versions that a package may run on.
 */
export class RequestToUpgrade extends IncomingMessage {
  [offered]?: unknown;

  get upgrade(): boolean {
    return Boolean(this[offered]) && /^websocket$/i.test(this.headers.upgrade ?? "");
  }

  set upgrade(value: unknown) {
    this[offered] = value;
  }
}
