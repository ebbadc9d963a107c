import { SecretOnce } from "../ui/SecretOnce.tsx";

/** A hook's secret and its purpose. */
export const HookSecret = ({ secret }: { secret: string }) => (
  <SecretOnce secret={secret} label="Copy the secret">
    Shown only once. Your server verifies the hub’s requests with it (Standard Webhooks).
  </SecretOnce>
);
