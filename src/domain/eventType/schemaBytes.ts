/** Memory of a compiled schema, in bytes per character of its JSON [measured]. */
export const SCHEMA_BYTES = 64;
