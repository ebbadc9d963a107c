import { z } from "zod";
import type { ResourceRow } from "../../db/resource/resources.ts";
import { jsonEntries, jsonObject } from "../../util/json/exactJson.ts";
import { isObject } from "../../util/json/isObject.ts";
import { invalidFields, UserError, userError } from "../../util/userError.ts";
import { eventLimits } from "../event/eventInput.ts";
import { documentText } from "../input/documentText.ts";
import { exactName, singleLineText } from "../input/singleLineText.ts";

/** A resource's key: type and id are the subject of its events and have the same limits. */
const keyInput = z.object({
  type: exactName(eventLimits.short),
  resourceId: singleLineText(eventLimits.short),
});

/** Checks a resource's key. Throws INVALID. */
export function checkResourceKey(key: z.input<typeof keyInput>): void {
  const { error } = keyInput.safeParse(key);
  if (!error) return;
  throw invalidFields(error.issues);
}

/**
 * The JSON text of a resource's attributes, without `id`: the resource's own id takes its place. Throws INVALID when it
 * is not an object, or exceeds the limits of an event's data.
 */
export function attributesText(attributes: unknown): string {
  if (!isObject(attributes))
    throw userError(
      "INVALID",
      'attributes must be a JSON object such as {"name":"Smith v Jones"}',
      ["attributes"],
    );
  const others = jsonEntries(attributes).filter(([name]) => name !== "id");
  const text = documentText(jsonObject(others), ["attributes"], eventLimits.dataBytes);
  if (typeof text === "string") return text;
  throw new UserError(text === null ? [] : [text]);
}

/** A resource on its own: its id first, then its attributes as they were given. */
export const resourceText = ({
  resourceId,
  attributes,
}: Pick<ResourceRow, "resourceId" | "attributes">): string => {
  const others = attributes === "{}" ? "" : `,${attributes.slice(1, -1)}`;
  return `{"id":${JSON.stringify(resourceId)}${others}}`;
};

/**
 * The resource's representation, as a GET would return it and as hooks of format RESOURCE receive it:
 * `{"actions":[{"id":"1",…}]}`.
 */
export const representationOf = (
  resource: Pick<ResourceRow, "type" | "resourceId" | "attributes">,
): string => `{${JSON.stringify(resource.type)}:[${resourceText(resource)}]}`;
