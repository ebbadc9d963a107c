/**
 * Thrown when rendering failed: a variable is missing, a value does not fit, or a limit was reached. The message says
 * which.
 */
export class TemplateFailure extends Error {
  override name = "TemplateFailure" as const;
}
