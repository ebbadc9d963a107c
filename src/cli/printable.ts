/** Nobody's text may steer the operator's terminal. */
export const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, "?");
