import { SecretOnce } from "../ui/SecretOnce.tsx";

/** A hook's secret, and what it is for. */
export const HookSecret = ({ secret }: { secret: string }) => (
  <SecretOnce secret={secret} label="Copy the secret">
    Shown this once. Your server verifies with it what the hub sends (Standard Webhooks).
  </SecretOnce>
);
