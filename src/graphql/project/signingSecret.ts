import { rotateSigningSecret } from "../../domain/project/signingSecret.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const RotateSigningSecretPayload = payloadType<{ secret: string }>(
  "RotateSigningSecretPayload",
  "What rotateSigningSecret answers.",
  (t) => ({
    secret: t.string({
      nullable: true,
      description:
        "whsec_…: signs action presses and workflow steps (Standard Webhooks). Shown here once.",
      resolve: ({ secret }) => secret,
    }),
  }),
);

builder.mutationField("rotateSigningSecret", (t) =>
  t.field({
    type: RotateSigningSecretPayload,
    description:
      "Gives the project a new signing secret; the old one signs beside it for a while. Errors: INVALID.",
    args: {
      overlapHours: t.arg.int({
        defaultValue: 24,
        description: "How long the old secret stays valid: 0 to 168 hours.",
      }),
    },
    resolve: (_root, args, { caller, hub }) =>
      withUserErrors(async () => ({
        secret: await rotateSigningSecret(hub.hooks, caller.projectId, args.overlapHours ?? 24),
      })),
  }),
);
