import { READ_TIMEOUT_MS } from "../connection/sessionSettings.ts";

/** PostgreSQL cancelled a read that took too long. */
export class ReadTimeout extends Error {
  override name = "ReadTimeout" as const;

  constructor(cause: unknown) {
    super(
      `A read took more than ${READ_TIMEOUT_MS / 1_000} s and was cancelled. Ask for fewer items, or filter by an indexed field.`,
      { cause },
    );
  }
}
