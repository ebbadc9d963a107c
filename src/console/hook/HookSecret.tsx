import { SecretOnce } from "../ui/SecretOnce.tsx";

/** What a receiver verifies with, a hook's secret (`whsec_…`) or public key (`whpk_…`), and its purpose. */
export const HookSecret = ({ secret }: { secret: string }) =>
  secret.startsWith("whpk_") ? (
    <SecretOnce secret={secret} label="Copy the public key">
      Your server verifies the hub’s requests with this public key (Standard Webhooks, v1a). The
      hook’s page shows it, too; the private key stays in the hub.
    </SecretOnce>
  ) : (
    <SecretOnce secret={secret} label="Copy the secret">
      Shown only once. Your server verifies the hub’s requests with it (Standard Webhooks).
    </SecretOnce>
  );
