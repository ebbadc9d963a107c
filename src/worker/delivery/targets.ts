import { LRUCache } from "lru-cache";
import type { Pool } from "../../db/connection/client.ts";
import { type DeliveryTarget, deliveryTargets } from "../../db/delivery/target.ts";
import { type HookSecrets, openHookSecrets } from "../../domain/hook/hookSecrets.ts";
import type { SecretBox } from "../../domain/project/secretBox.ts";

/** The target of a hook's deliveries, with its secrets opened. */
export type Target = DeliveryTarget & { credentials(): HookSecrets };

/** The targets that this process knows. A target of another config version is outdated. */
export type Targets = {
  known(hookId: string, version: number): Target | undefined;
  /** The last known target, if loaded within a minute. */
  last(hookId: string): Target | undefined;
  /** Loads the current targets of these hooks. */
  load(projectId: string, hookIds: string[]): Promise<Map<string, Target>>;
};

/** The limit in bytes for all targets of a process; the least recently used is dropped first. */
const MAX_BYTES = 64_000_000;
/** Bytes of a target besides its texts: keys and opened secrets. */
const ENTRY_BYTES = 2_000;
/** Bytes of a certificate that is ready for TLS, as measured. */
const CERTIFICATE_BYTES = 45_000;
const KEPT_MS = 60_000;

/** About how many bytes of memory a target takes, with its secrets opened. */
export const bytesOfTarget = ({ hook, source }: DeliveryTarget): number =>
  ENTRY_BYTES +
  (hook.auth?.mtls ? CERTIFICATE_BYTES : 0) +
  3 * JSON.stringify([hook, source]).length;

/** Opens secrets once, and again when one of them has expired. */
function withCredentials(target: DeliveryTarget, box: SecretBox): Target {
  let opened: HookSecrets | undefined;
  let until = 0;
  return {
    ...target,
    credentials() {
      const now = Date.now();
      if (opened && now < until) return opened;
      const ends = target.hook.secrets.flatMap(({ expiresAt }) =>
        expiresAt === null ? [] : Date.parse(expiresAt),
      );
      until = Math.min(...ends.filter((end) => end > now), Number.POSITIVE_INFINITY);
      opened = openHookSecrets(box, target.hook, now);
      return opened;
    },
  };
}

export function createTargets(sql: Pool, box: SecretBox): Targets {
  const targets = new LRUCache<string, Target>({
    maxSize: MAX_BYTES,
    sizeCalculation: bytesOfTarget,
    ttl: KEPT_MS,
    ttlResolution: 1_000,
  });
  return {
    last: (hookId) => targets.get(hookId),
    known(hookId, version) {
      const target = targets.get(hookId);
      return target?.version === version ? target : undefined;
    },
    async load(projectId, hookIds) {
      const rows = await deliveryTargets(sql, projectId, hookIds);
      const loaded = rows.map((row) => [row.hook.id, withCredentials(row, box)] as const);
      for (const [id, target] of loaded) targets.set(id, target);
      return new Map(loaded);
    },
  };
}
