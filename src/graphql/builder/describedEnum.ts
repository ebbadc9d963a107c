import { builder } from "./builder.ts";

/** Declares an enum from its values and their descriptions. */
export function describedEnum<Value extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Value, string>>,
) {
  const values = Object.entries<string>(meanings).map(([value, meaning]) => [
    value,
    { value, description: meaning },
  ]);
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(values) as Record<Value, { value: Value; description: string }>,
  });
}
