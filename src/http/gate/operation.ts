import type { DocumentNode, OperationTypeNode } from "graphql";
import type { Caller } from "../../graphql/builder/context.ts";

/** What a client sends for one operation, over any door. */
export type Params = {
  query: string;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
};

/** One operation that may run. */
export type Operation = {
  caller: Caller;
  requestId: string;
  params: Params;
  document: DocumentNode;
  kind: OperationTypeNode;
};
