/** Words that are offered where they may be written. They are the usual ones; others are accepted, too. */
export const celWords = [
  ...["true", "false", "null", "in", "has", "size", "startsWith", "endsWith", "contains"],
  ...["matches", "exists", "all", "string", "int", "double", "timestamp", "duration"],
];

export const liquidTags = [
  ...["if", "elsif", "else", "endif", "unless", "endunless", "for", "endfor", "case", "when"],
  ...["endcase", "assign", "capture", "endcapture", "comment", "endcomment", "raw", "endraw"],
];

export const liquidFilters = [
  ...["json", "default", "append", "prepend", "replace", "upcase", "downcase", "capitalize"],
  ...["truncate", "strip", "split", "join", "first", "last", "size", "map", "where", "sort"],
  ...["date", "plus", "minus", "times", "divided_by", "round", "escape", "url_encode"],
];

export const schemaKeywords = [
  ...["$schema", "$defs", "$ref", "type", "properties", "required", "additionalProperties"],
  ...["items", "enum", "const", "title", "description", "format", "pattern", "default"],
  ...["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"],
  ...["allOf", "anyOf", "oneOf", "not"],
];

/** Of JSON Schema, and of the shorthand. */
export const schemaTypes = [
  ...["string", "number", "integer", "boolean", "object", "array", "null"],
  ...["String", "Number", "Boolean", "String?", "Number?", "Boolean?"],
];
