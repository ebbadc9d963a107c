/** What is written in a field. The strings of `jsonTemplate` are Liquid. */
export type CodeLanguage = "json" | "jsonSchema" | "jsonTemplate" | "cel" | "liquid" | "graphql";
