/** The error of an attempt, in words where it is a bare status code. */
export const errorText = (error: string): string =>
  error.replace(/^status (?=\d+$)/, "Answered with status ");
