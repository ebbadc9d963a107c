/** What a compiled schema holds, in bytes a character of its JSON [measured]. */
export const SCHEMA_BYTES = 64;
