/**
 * A text for lookups. PostgreSQL refuses parameters with NUL, and no stored text has one. With another character in its
 * place the text is simply not found.
 */
export const stripNul = (text: string): string => text.replaceAll("\0", "\uFFFD");
