import type { ResultOf } from "gql.tada";
import { useRef, useState } from "react";
import { useMutation } from "urql";
import { graphql } from "../gql/graphql.ts";
import { ActionRow } from "./actionRow.ts";
import { presserOf } from "./standing.ts";

/** Answers once the press is accepted. The stream reports the result to every page. */
const PressDocument = graphql(
  `
  mutation PressAction($actionId: ID!, $idempotencyKey: String!) {
    pressAction(input: {
      actionId: $actionId, confirm: true, waitMs: 0, idempotencyKey: $idempotencyKey
    }) {
      press { id status error }
      action { ...ActionRow }
      userErrors { code message path }
    }
  }
`,
  [ActionRow],
);

type Payload = ResultOf<typeof PressDocument>["pressAction"];
export type Press = NonNullable<Payload["press"]>;

/** crypto.randomUUID exists only over https and on localhost. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** Why a press was rejected, in words. */
function rejectionOf({ userErrors: [userError], action }: Payload): string {
  switch (userError?.code) {
    case "ACTION_BUSY":
      return action ? `Being pressed by ${presserOf(action)} right now.` : userError.message;
    case "ACTION_COMPLETE":
      return action ? `Just done by ${presserOf(action)}.` : userError.message;
    case "ACTION_EXPIRED":
      return "Expired. Nothing was sent.";
    case "NOT_FOUND":
      return "No longer available: the event was removed by retention.";
    case "NOT_ALLOWED_NOW":
      return "It cannot be pressed now: the event is not due yet or is cancelled.";
    default:
      return userError?.message ?? "The hub rejected the press without a reason.";
  }
}

type Pressing = {
  /** Presses the action: the accepted press, or null with a `problem`. */
  press: () => Promise<Press | null>;
  isSending: boolean;
  problem: string | null;
};

/**
 * Presses an action, once per confirmation. If no answer arrives, the press may have been accepted:
 * it is sent again with the same idempotency key, which makes no second press.
 */
export function usePress(actionId: string): Pressing {
  const [{ fetching }, execute] = useMutation(PressDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const key = useRef<string | null>(null);
  const press = async () => {
    setProblem(null);
    key.current ??= newKey();
    const { data, error } = await execute({ actionId, idempotencyKey: key.current });
    if (error?.networkError) {
      setProblem(
        "No answer arrived, so the press may have been accepted. Try again: it is never pressed twice.",
      );
      return null;
    }
    key.current = null;
    if (data?.pressAction.press) return data.pressAction.press;
    setProblem(
      data
        ? rejectionOf(data.pressAction)
        : (error?.message.replace(/^\[GraphQL\] /, "") ?? "The hub did not answer."),
    );
    return null;
  };
  return { press, isSending: fetching, problem };
}
