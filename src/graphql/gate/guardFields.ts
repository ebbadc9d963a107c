import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  isObjectType,
} from "graphql";
import { actAs } from "../../domain/audit/actor.ts";
import { isAudited } from "../../domain/audit/auditAction.ts";
import { beginItem, type Context } from "../builder/context.ts";
import { argumentCheck } from "./argumentLimits.ts";
import { weigh } from "./weigh.ts";

type Resolver = GraphQLFieldResolver<unknown, Context>;

/** Counts the bytes that a field adds to the answer before the next field is resolved. */
const withAnswerBytes =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const count = (value: unknown) => {
      context.budget.spend("answerBytes", weigh(value));
      return value;
    };
    const value = resolve(source, args, context, info);
    return value instanceof Promise ? value.then(count) : count(value);
  };

const withNewItem =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    beginItem(context);
    return resolve(source, args, context, info);
  };

/** What a mutation writes to the audit log is the caller's. */
const withActor =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const { caller, requestId } = context;
    return actAs({ actor: caller.keyName, requestId }, () => resolve(source, args, context, info));
  };

function guard(field: GraphQLField<unknown, Context>, root: string): void {
  if (root === "Subscription") field.resolve = withNewItem(field.resolve ?? defaultFieldResolver);
  if (isAudited(`${root}.${field.name}`))
    field.resolve = withActor(field.resolve ?? defaultFieldResolver);
  const type = getNamedType(field.type);
  if (type === GraphQLString || type.name === "JSON")
    field.resolve = withAnswerBytes(field.resolve ?? defaultFieldResolver);
  const check = root === "Mutation" ? undefined : argumentCheck(field.args);
  if (!check) return;
  const checked =
    (resolve: Resolver): Resolver =>
    (source, args, context, info) => {
      check(args);
      return resolve(source, args, context, info);
    };
  if (field.subscribe) field.subscribe = checked(field.subscribe);
  else field.resolve = checked(field.resolve ?? defaultFieldResolver);
}

/**
 * Adds argument checks and answer limits to every field of the schema, so that no resolver has to.
 */
export function guardFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) guard(field, type.name);
  }
  return schema;
}
