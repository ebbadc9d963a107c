/** The command was called wrongly: exit code 2. The message says what would be right. */
export class Misuse extends Error {
  override name = "Misuse" as const;
}
