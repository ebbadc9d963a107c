/** What the hub asks a sandbox process. */
export type Question = { name: string; input: unknown };

/** What it answers: the result and the processor time it took, or what was thrown. */
export type Answer = { cpuMs: number } & ({ result: unknown } | { thrown: Thrown });

export type Thrown = { name: string; message: string; stack?: string; entries?: unknown };
