/** What the hub sends to a sandbox process. */
export type TaskRequest = { name: string; input: unknown };

/** The response: the result, or what was thrown, and the processor time used. */
export type TaskResult = { cpuMs: number } & ({ result: unknown } | { thrown: SerializedError });

export type SerializedError = { name: string; message: string; stack?: string; entries?: unknown };
