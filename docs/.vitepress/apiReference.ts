import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  print,
} from "graphql";

type Member = GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLArgument;

const roots = ["Query", "Mutation", "Subscription"] as const;

/** The page that describes a type; the scalars of GraphQL itself have no entry. */
function pageOf(type: GraphQLNamedType): string | null {
  if (isScalarType(type)) return isSpecifiedScalarType(type) ? null : "scalars";
  if (isEnumType(type)) return "enums";
  return isInputObjectType(type) ? "inputs" : "types";
}

/** Descriptions are Markdown, but outside of code they hold no HTML and nothing for Vue to fill in. */
const escapeText = (text: string) =>
  text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith("`")
        ? part
        : part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;"),
    )
    .join("");

const inCell = (text: string) =>
  escapeText(text)
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ");

function typeLink(type: GraphQLType): string {
  const named = getNamedType(type);
  const page = pageOf(named);
  return page ? `[\`${type}\`](./${page}.md#${named.name.toLowerCase()})` : `\`${type}\``;
}

function defaultOf(member: Member): string {
  const value = "default" in member ? member.default?.literal : undefined;
  return value ? ` Default: \`${print(value)}\`.` : "";
}

const deprecation = ({ deprecationReason }: { deprecationReason?: string | null | undefined }) =>
  deprecationReason ? ` **Deprecated:** ${inCell(deprecationReason)}` : "";

function meaning(member: Member): string {
  const own = inCell(member.description ?? "") + defaultOf(member) + deprecation(member);
  const args = "args" in member ? member.args : [];
  return [own, ...args.map((arg) => `\`${arg.name}\`: ${typeLink(arg.type)} ${meaning(arg)}`)].join(
    "<br>",
  );
}

function memberTable(head: string, members: readonly Member[]): string[] {
  if (members.length === 0) return [];
  const rows = members.map(
    (member) => `| **\`${member.name}\`**<br>${typeLink(member.type)} | ${meaning(member)} |`,
  );
  return ["", `| ${head} | Meaning |`, "| --- | --- |", ...rows];
}

function operationEntry(field: GraphQLField<unknown, unknown>): string[] {
  return [
    `## ${field.name}`,
    "",
    escapeText(field.description ?? "") + deprecation(field),
    "",
    `Returns ${typeLink(field.type)}.`,
    ...memberTable("Argument", field.args),
  ];
}

function typeEntry(type: GraphQLNamedType): string[] {
  const lines = [`## ${type.name}`, "", escapeText(type.description ?? "")];
  if (isEnumType(type)) {
    const rows = type
      .getValues()
      .map((value) => `| \`${value.name}\` | ${inCell(value.description ?? "")} |`);
    return [...lines, "", "| Value | Meaning |", "| --- | --- |", ...rows];
  }
  if (isScalarType(type)) return lines;
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) {
    throw new Error(`${type.name}: the API reference knows no unions yet`);
  }
  if (isInputObjectType(type) && type.isOneOf) lines.push("", "Exactly one field is given.");
  if (!isInputObjectType(type) && type.getInterfaces().length > 0) {
    lines.push("", `Implements ${type.getInterfaces().map(typeLink).join(", ")}.`);
  }
  return [...lines, ...memberTable("Field", Object.values(type.getFields()))];
}

const asPage = (title: string, entries: string[][]) =>
  `${["---", "outline: 2", "---", "", `# ${title}`, ...entries.flatMap((entry) => ["", ...entry])].join("\n")}\n`;

/** The API reference as Markdown, by file name: a page for each kind of what the schema names. */
export function apiReference(schema: GraphQLSchema): Map<string, string> {
  const fieldsOf = (root: (typeof roots)[number]) => {
    const type = schema.getType(root);
    return isObjectType(type) ? Object.values(type.getFields()) : [];
  };
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !roots.some((root) => root === type.name),
  );
  const operations = [
    ["queries.md", asPage("Queries", fieldsOf("Query").map(operationEntry))],
    ["mutations.md", asPage("Mutations", fieldsOf("Mutation").map(operationEntry))],
    ["subscriptions.md", asPage("Subscriptions", fieldsOf("Subscription").map(operationEntry))],
  ] as const;
  const kinds = ["Types", "Inputs", "Enums", "Scalars"].map((title) => {
    const page = title.toLowerCase();
    const entries = types.filter((type) => pageOf(type) === page).map(typeEntry);
    return [`${page}.md`, asPage(title, entries)] as const;
  });
  return new Map([...operations, ...kinds]);
}
