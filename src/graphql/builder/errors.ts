import type { FieldMap } from "@pothos/core";
import { GraphQLError } from "graphql";
import { isLocked, isOutage } from "../../db/connection/outage.ts";
import { ReadTimeout } from "../../db/read/readTimeout.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { UserError, type UserErrorDetail, userErrorCodes } from "../../util/userError.ts";
import { requestError } from "../gate/requestError.ts";
import { builder } from "./builder.ts";
import { describedEnum } from "./describedEnum.ts";

const UserErrorCodeEnum = describedEnum(
  "UserErrorCode",
  "The machine-readable kind of a user error.",
  userErrorCodes,
);

export const UserErrorType = builder.objectRef<UserErrorDetail>("UserError").implement({
  description: "An error in the caller's input: what is wrong, and where.",
  fields: (t) => ({
    code: t.expose("code", {
      type: UserErrorCodeEnum,
      description: "The kind of error, for programs.",
    }),
    message: t.exposeString("message", {
      description: "A sentence for people: what is wrong, and what would be right.",
    }),
    path: t.exposeStringList("path", {
      description:
        'The location in the mutation\'s input or arguments. List items appear by index, such as ["actions","0","key"].',
    }),
  }),
});

/** What a mutation answers: its entities, absent when there are errors. */
type Payload<Entities> = Partial<Entities> & { userErrors: UserErrorDetail[] };

type PayloadFields<Entities> = PothosSchemaTypes.ObjectFieldBuilder<
  typeof builder.$inferSchemaTypes,
  Payload<Entities>
>;

/** Declares the payload type of a mutation: the given fields and `userErrors`. */
export const payloadType = <Entities extends object>(
  name: string,
  description: string,
  fields: (t: PayloadFields<Entities>) => FieldMap,
) =>
  builder.objectRef<Payload<Entities>>(name).implement({
    description,
    fields: (t) => ({
      ...fields(t),
      userErrors: t.field({
        type: [UserErrorType],
        description: "Errors in the caller's input; empty on success.",
        resolve: (payload) => payload.userErrors,
      }),
    }),
  });

/** Runs a mutation. A UserError becomes `userErrors`; any other error is rethrown. */
export async function withUserErrors<Entities extends object>(
  run: () => Promise<Entities>,
): Promise<Payload<Entities>> {
  try {
    return { ...(await run()), userErrors: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const none: Partial<Entities> = {};
    return { ...none, userErrors: error.entries };
  }
}

/**
 * Maps domain errors to top-level errors: overload, a read timeout, and a UserError in a field
 * without a payload. Other errors return undefined and are masked.
 */
export function topLevelError(error: unknown): GraphQLError | undefined {
  if (error instanceof Overloaded) {
    return requestError("TOO_MANY_REQUESTS", error.message, { retryAfter: error.retryAfter });
  }
  if (error instanceof ReadTimeout) return requestError("QUERY_TIMEOUT", error.message);
  if (!(error instanceof UserError)) return undefined;
  const [entry] = error.entries;
  return new GraphQLError(error.message, {
    extensions: { code: entry?.code ?? "INVALID", argument: entry?.path ?? [] },
  });
}

/** Whether PostgreSQL is away, full, read-only or overloaded. A later attempt may succeed. */
export const isDatabaseAway = (error: unknown): boolean => isOutage(error) || isLocked(error);
