/** What the hub sends to a sandbox process. */
export type Question = { name: string; input: unknown };

/** The response: the result, or what was thrown, and the processor time used. */
export type Answer = { cpuMs: number } & ({ result: unknown } | { thrown: Thrown });

export type Thrown = { name: string; message: string; stack?: string; entries?: unknown };
