import { rotateSigningSecret } from "../../domain/project/signingSecret.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const RotateSigningSecretPayload = payloadType<{ secret: string }>(
  "RotateSigningSecretPayload",
  "The result of rotateSigningSecret.",
  (t) => ({
    secret: t.string({
      nullable: true,
      description:
        "The signing secret of action presses and workflow steps (Standard Webhooks): `whsec_…`. It is shown only here.",
      resolve: ({ secret }) => secret,
    }),
  }),
);

builder.mutationField("rotateSigningSecret", (t) =>
  t.field({
    type: RotateSigningSecretPayload,
    description:
      "Replaces the project's signing secret. During the overlap, requests are signed with both secrets. Errors: INVALID.",
    args: {
      overlapHours: t.arg.int({
        defaultValue: 24,
        description: "Hours during which the old secret is also used: 0 to 168.",
      }),
    },
    resolve: (_root, args, { caller, hub }) =>
      withUserErrors(async () => ({
        secret: await rotateSigningSecret(hub.hooks, caller.projectId, args.overlapHours ?? 24),
      })),
  }),
);
