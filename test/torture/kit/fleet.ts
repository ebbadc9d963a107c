import { type HubProcess, hubProcess, type Installation } from "../../fixtures/process.ts";

export type Roles = "api" | "worker" | "api,worker";

/** A place of a fleet: one hub process after the other, of the same roles. */
export type Slot = {
  roles: Roles;
  /** Null while it is being started again. */
  hub: HubProcess | null;
};

/** Hub processes on one database, each started again when it was ended. */
export type Fleet = AsyncDisposable & {
  slots: Slot[];
  /** Those that run now. */
  hubs(): HubProcess[];
  /** Addresses of those that serve the API now. */
  urls(): string[];
  /** Ends one with this signal and starts another in its place; gives back how it ended, and after how long. */
  replace(
    slot: Slot,
    signal: "SIGKILL" | "SIGTERM",
  ): Promise<{ code: number | null; ms: number; output: string }>;
};

/** Starts one process for each of these roles. */
export async function startFleet(site: Installation, roles: Roles[]): Promise<Fleet> {
  const start = (of: Roles) => hubProcess(site, { SIGNALBOX_ROLES: of });
  const slots = await Promise.all(
    roles.map(async (of): Promise<Slot> => ({ roles: of, hub: await start(of) })),
  );
  const running = () => slots.flatMap(({ hub }) => hub ?? []);
  return {
    slots,
    hubs: running,
    urls: () => slots.flatMap(({ roles: of, hub }) => (hub && of.includes("api") ? hub.url : [])),
    async replace(slot, signal) {
      const { hub } = slot;
      if (!hub) throw new Error("it is being started again");
      slot.hub = null;
      const at = performance.now();
      hub.kill(signal);
      const { code } = await hub.exited;
      const ms = performance.now() - at;
      slot.hub = await start(slot.roles);
      return { code, ms, output: hub.output };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running().map((hub) => hub[Symbol.asyncDispose]()));
    },
  };
}
