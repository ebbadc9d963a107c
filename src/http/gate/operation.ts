import type { DocumentNode, OperationTypeNode } from "graphql";
import type { Caller } from "../../graphql/builder/context.ts";
import type { RequestIds } from "./request.ts";

/** What a client sends for one operation, over HTTP or websocket. */
export type Params = {
  query: string;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
};

/** An operation that passed all checks. */
export type Operation = RequestIds & {
  caller: Caller;
  params: Params;
  document: DocumentNode;
  kind: OperationTypeNode;
};
