import type { HookRow } from "../../db/hook/hooks.ts";
import { payloadType } from "../builder/errors.ts";
import { Hook } from "./hook.ts";

const secretPayload = (name: string, description: string) =>
  payloadType<{ hook: HookRow; secret: string | null }>(name, description, (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook.",
      resolve: ({ hook }) => hook,
    }),
    secret: t.string({
      nullable: true,
      description:
        "The signing secret of the hook's requests (Standard Webhooks): `whsec_…`. It is shown only here. Null with signature ED25519: receivers need `Hook.publicKey`, and the private key is never shown.",
      resolve: ({ secret }) => secret,
    }),
  }));

export const RegisterHookPayload = secretPayload(
  "RegisterHookPayload",
  "The result of registerHook.",
);
export const RotateHookSecretPayload = secretPayload(
  "RotateHookSecretPayload",
  "The result of rotateHookSecret.",
);
export const HookPayload = payloadType<{ hook: HookRow; secret?: string | null }>(
  "HookPayload",
  "The result of mutations that change a hook.",
  (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook as it is now.",
      resolve: ({ hook }) => hook,
    }),
    secret: t.string({
      nullable: true,
      description:
        "The new signing secret, `whsec_…`, if updateHook has changed `signature` to HMAC_SHA256. It is shown only here. Otherwise null.",
      resolve: ({ secret }) => secret,
    }),
  }),
);
