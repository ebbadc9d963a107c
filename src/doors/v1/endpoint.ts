import { z } from "zod";
import type { OperationName } from "../../domain/project/roles.ts";
import type { Context } from "../../graphql/builder/context.ts";
import type { DoorRequest, DoorResponse, Route } from "../../http/door/door.ts";
import { readJson } from "../../http/door/readJson.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { readQuery } from "../input/readQuery.ts";

/** A JSON Schema of an answer. */
type AnswerSchema = Readonly<Record<string, unknown>>;

/** A route with what the OpenAPI document says about it. */
export type Endpoint = {
  route: Route;
  summary: string;
  query: z.ZodObject;
  /** Headers beside the usual ones, and what they are for. */
  headers: Readonly<Record<string, string>>;
  /** The schemas of the body by media type. */
  bodies: Readonly<Record<string, z.ZodType>>;
  status: number;
  /** Absent when the answer has no body. */
  answer: AnswerSchema | undefined;
  answerType: string;
};

type Spec<Query extends z.ZodObject, Body extends z.ZodType> = {
  method: Route["method"];
  path: string;
  operation: OperationName;
  summary: string;
  query?: Query;
  headers?: Endpoint["headers"];
  body?: Body;
  /** Members of the body that are JSON values, which are taken as they were sent. */
  exact?: readonly string[];
  /** For a body that `handle` reads itself. */
  bodies?: Endpoint["bodies"];
  status?: number;
  answer?: AnswerSchema;
  answerType?: string;
  waitsMs?: number;
  handle(
    request: DoorRequest & { input: z.output<Body>; asked: z.output<Query> },
  ): Promise<Partial<DoorResponse>>;
};

/** The query of a path that takes none. */
const none = z.strictObject({});

/** The hub's public address, to which paths are appended. */
export const baseOf = ({ hub }: Context): string => hub.facts.publicUrl().replace(/\/$/, "");

/** The header that names what was made. */
export const locationOf = (context: Context, path: string) => ({
  location: new URL(baseOf(context) + path).pathname,
});

/** A route that checks its query and its body before it handles them. */
export function endpoint<
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(spec: Spec<Query, Body>): Endpoint {
  const { method, path, operation, summary, waitsMs, status = 200 } = spec;
  const query = spec.query ?? none;
  const bodies = spec.bodies ?? (spec.body ? { "application/json": spec.body } : {});
  return {
    route: {
      method,
      path,
      operation,
      ...(waitsMs !== undefined && { waitsMs }),
      async handle(request) {
        const takesNone = query === none && request.query.size === 0;
        const asked = (takesNone ? {} : readQuery(query, request.query)) as z.output<Query>;
        const input =
          spec.body && readInput(spec.body, withExact(readJson(request), spec.exact ?? []));
        const answer = await spec.handle({ ...request, asked, input: input as z.output<Body> });
        return { status, ...answer };
      },
    },
    ...{ summary, query, bodies, status, answer: spec.answer, headers: spec.headers ?? {} },
    answerType: spec.answerType ?? "application/json",
  };
}
