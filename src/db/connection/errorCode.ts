/** The code of an error: a SQLSTATE, or one of the operating system or a library. Empty if it has none. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";
