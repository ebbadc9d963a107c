import { requestError } from "../../graphql/gate/requestError.ts";
import { mediaTypeOf, parseBody } from "../post/jsonBody.ts";
import type { DoorRequest } from "./door.ts";

/**
 * The JSON value of a body, exactly as it was sent (util/exactJson.ts). Throws
 * UNSUPPORTED_MEDIA_TYPE, BAD_REQUEST or LIMIT_EXCEEDED.
 */
export function readJson({ headers, body }: Pick<DoorRequest, "headers" | "body">): unknown {
  if (mediaTypeOf(headers) !== "application/json") {
    throw requestError(
      "UNSUPPORTED_MEDIA_TYPE",
      "Send the body as application/json in UTF-8, uncompressed.",
    );
  }
  return parseBody(body, 2, "a value");
}
