import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { useCallback, useState } from "react";
import { useMutation } from "urql";
import { toast } from "./Toasts.tsx";

export type UserError = { code: string; message: string; path: string[] };
type Payload = { userErrors: UserError[] };

type Act<Data, Variables> = {
  /** Runs the mutation. Resolves to its payload, or to null on an error, which is shown. */
  run: (variables: Variables, done?: string) => Promise<Data[keyof Data] | null>;
  isRunning: boolean;
  /** The user errors of the last call. */
  userErrors: UserError[];
};

/**
 * A mutation with one field. `done` is shown on success. User errors are shown as a notice, or at
 * the form's fields if `showsUserErrors` is set.
 */
export function useAct<Data extends Record<string, Payload>, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  { showsUserErrors = false } = {},
): Act<Data, Variables> {
  const [{ fetching }, execute] = useMutation<Data, Variables>(document);
  const [userErrors, setUserErrors] = useState<UserError[]>([]);
  const run = useCallback(
    async (variables: Variables, done?: string) => {
      const { data, error } = await execute(variables);
      if (error || !data) {
        const text = error?.networkError
          ? "The hub cannot be reached."
          : error?.message.replace(/^\[GraphQL\] /, "");
        toast(text ?? "The hub did not answer.", "bad");
        return null;
      }
      const payload = Object.values(data).find((it) => typeof it === "object") as Data[keyof Data];
      setUserErrors(payload.userErrors);
      if (payload.userErrors.length > 0) {
        if (!showsUserErrors)
          toast(payload.userErrors.map(({ message }) => message).join(" "), "bad");
        return null;
      }
      if (done) toast(done);
      return payload;
    },
    [execute, showsUserErrors],
  );
  return { run, isRunning: fetching, userErrors };
}
