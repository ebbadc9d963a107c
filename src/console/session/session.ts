import type { Client, CombinedError } from "@urql/core";
import { createContext, useContext } from "react";
import { graphql } from "../gql/graphql.ts";
import { type Activity, createActivity } from "../live/activity.ts";
import { createApi } from "./api.ts";

const ViewerDocument = graphql(`
  query Viewer {
    viewer {
      project { id name slug }
      key { id name role prefix }
    }
  }
`);

const FeedCursorDocument = graphql(`
  query FeedCursor {
    feedCursor
  }
`);

type Viewer = {
  project: { id: string; name: string; slug: string };
  key: { id: string; name: string; role: Role; prefix: string };
};
type Role = "ADMIN" | "EMITTER" | "OPERATOR" | "VIEWER";

/** A signed-in user: what their key may do, and the connections of the session. */
export type Session = {
  viewer: Viewer;
  api: Client;
  activity: Activity;
  signOut: () => void;
};

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("nobody is signed in here");
  return session;
}

/** The least role that something needs. */
export type Needed = "ADMIN" | "OPERATOR";
const enough: Readonly<Record<Needed, readonly Role[]>> = {
  ADMIN: ["ADMIN"],
  OPERATOR: ["ADMIN", "OPERATOR"],
};

/** What the key's role allows; the server checks again. What it does not is explained: `useBarred`, `RoleButton`, `RoleNote`. */
export function useMay(): { administer: boolean; operate: boolean } {
  const { role } = useSession().viewer.key;
  return {
    administer: enough.ADMIN.includes(role),
    operate: enough.OPERATOR.includes(role),
  };
}

/** The sentence that tells which role is needed for `what`; null if the key has it. */
export function useBarred(needs: Needed, what?: string): string | null {
  const { role } = useSession().viewer.key;
  if (enough[needs].includes(role)) return null;
  const rest = `an ${enough[needs].join(" or ")} key; you are signed in as ${role}.`;
  return what === undefined ? `Needs ${rest}` : `${what} needs ${rest}`;
}

function problemOf(error: CombinedError): string {
  if (error.networkError) return "The hub cannot be reached.";
  return error.message.replace(/^\[GraphQL\] /, "");
}

type Ends = {
  signOut: () => void;
  /** Called when the hub no longer accepts the session. */
  onRefused: () => void;
};

/** Opens this browser's session. Returns it, an error message, or null if nobody has signed in. */
export async function openSession({ signOut, onRefused }: Ends): Promise<Session | string | null> {
  let isOpen = false;
  const api = createApi(() => isOpen && onRefused());
  const { data, error } = await api.query(ViewerDocument, {}).toPromise();
  if (error?.response?.status === 401) return null;
  if (error) return problemOf(error);
  if (!data) return "The hub did not answer.";
  if (data.viewer.key.role === "EMITTER") {
    return "This key can only emit events. The console needs a key that can read: VIEWER, OPERATOR or ADMIN.";
  }
  const readCursor = async () =>
    (await api.query(FeedCursorDocument, {}, { requestPolicy: "network-only" }).toPromise()).data
      ?.feedCursor;
  const cursor = await readCursor();
  if (cursor === undefined) return "The hub did not answer.";
  isOpen = true;
  const activity = createActivity({ cursor, readCursor, onRefused });
  return { viewer: data.viewer, api, activity, signOut };
}
