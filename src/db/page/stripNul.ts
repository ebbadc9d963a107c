/**
 * A text to look rows up by. PostgreSQL refuses a parameter with the character NUL, which no stored text has; with
 * another in its place such a text is simply not found.
 */
export const stripNul = (text: string): string => text.replaceAll("\0", "\uFFFD");
