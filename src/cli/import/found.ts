/** An event type of the other system. */
export type FoundType = { name: string; description: string | null; schema: unknown };

/** An endpoint of the other system, as a hook of ours. */
export type FoundEndpoint = {
  /** Its id there. */
  id: string;
  url: string;
  types: string[];
  userId: string | null;
  secret: string | null;
  headers: Record<string, string>;
  rateLimitPerSecond: number | null;
  timeoutMs: number | null;
  isDisabled: boolean;
  /** What it has there and cannot have here, such as a filter in another language. */
  lost: string[];
};

export type Found = { types: FoundType[]; endpoints: FoundEndpoint[] };
