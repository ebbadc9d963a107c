/** The hub refused a call, or could not be reached. The message is a sentence for people. */
export class HubError extends Error {
  override name = "HubError" as const;
}
