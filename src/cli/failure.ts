/** What a command needs beside the hub has failed, such as a disk: exit code 1. The message says what and why. */
export class Failure extends Error {
  override name = "Failure" as const;
}
